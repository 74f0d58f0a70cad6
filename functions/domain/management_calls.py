"""The calls of the management API: one table for the router, the template, the rights and the OpenAPI document.

A `*` of IAM's crosses slashes: who may `GET /models/*` may read all that lies below. So what not every reader of models
may have (a client's request, the rows that a model learnt from, a model as a file, the audit) lies beside /models/, and
each POST ends in a word of its own: docs/decisions/paths-for-policies.md.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is the operation's. A path with `{model}` is about one model, and may be allowed for that model alone."""

    name: str
    method: Literal["GET", "POST"]
    path: str

    @property
    def of_model(self) -> bool:
        return "{model}" in self.path


CALLS = (
    Call("list_models", "GET", "/models"),
    Call("show_model", "GET", "/models/{model}"),
    Call("list_versions", "GET", "/models/{model}/versions"),
    Call("show_version", "GET", "/models/{model}/versions/{version}"),
    Call("show_card", "GET", "/models/{model}/versions/{version}/card"),
    Call("show_lineage", "GET", "/models/{model}/versions/{version}/lineage"),
    Call("show_model_lineage", "GET", "/models/{model}/lineage"),
    Call("export_version", "GET", "/exports/{model}/{version}"),
    Call("show_training_data", "GET", "/training-data/{model}/{version}"),
    Call("compare_versions", "GET", "/models/{model}/compare"),
    Call("compare_models", "GET", "/compare"),
    Call("list_reports", "GET", "/models/{model}/reports"),
    Call("show_report", "GET", "/models/{model}/reports/{end}"),
    Call("list_rollouts", "GET", "/models/{model}/rollouts"),
    Call("list_trainings", "GET", "/models/{model}/trainings"),
    Call("show_training", "GET", "/models/{model}/trainings/{execution}"),
    Call("show_quarantine", "GET", "/models/{model}/quarantine"),
    Call("explain_request", "GET", "/requests/{model}/{request}"),
    Call("list_audit", "GET", "/audit"),
    Call("verify_audit", "GET", "/audit/verify"),
    Call("open_upload", "POST", "/models/{model}/uploads"),
    Call("register_version", "POST", "/models/{model}/versions"),
    Call("approve_version", "POST", "/models/{model}/versions/{version}/approve"),
    Call("reject_version", "POST", "/models/{model}/versions/{version}/reject"),
    Call("roll_out_version", "POST", "/models/{model}/versions/{version}/roll-out"),
    Call("promote_rollout", "POST", "/models/{model}/promote"),
    Call("roll_back", "POST", "/models/{model}/roll-back"),
    Call("unbar_release", "POST", "/models/{model}/releases/{release}/unbar"),
    Call("retrain_model", "POST", "/models/{model}/retrain"),
    Call("release_quarantine", "POST", "/models/{model}/quarantine/release"),
    Call("show_openapi", "GET", "/openapi.json"),
)
