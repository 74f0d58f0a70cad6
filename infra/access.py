"""Who may do what: each role with the calls that it may make. docs/access.md shows this table.

Of it `access_policies` makes IAM policies, for the stage and for each model. A call is named as in
functions/domain/management_calls.py; `infer`, `labels` and `observations` are those of a model's own API.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.domain.management_calls import CALLS, Call

READ = (
    "list_models",
    "show_model",
    "list_versions",
    "show_version",
    "show_card",
    "show_lineage",
    "show_model_lineage",
    "compare_versions",
    "compare_models",
    "list_reports",
    "show_report",
    "list_rollouts",
    "list_trainings",
    "show_training",
    "show_quarantine",
    "show_openapi",
)


@dataclass(frozen=True, slots=True)
class Role:
    """`who` has it and `may` do this: calls of the management API, and of a model's own. People may assume it."""

    name: str
    who: str
    may: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    is_for_people: bool = True


AUDITOR = "auditor"
ROLES = (
    Role("viewer", "sees how models do, and no client's rows", READ),
    Role(
        "data-scientist",
        "trains, uploads and proposes versions, and looks into what was answered",
        (*READ, "explain_request", "export_version", "show_training_data", "open_upload", "register_version",
         "retrain_model"),
    ),
    Role(
        "approver",
        "decides what goes live, what goes back and what training may learn from",
        (
            *READ,
            "approve_version",
            "reject_version",
            "roll_out_version",
            "promote_rollout",
            "roll_back",
            "unbar_release",
            "release_quarantine",
        ),
    ),
    Role(
        AUDITOR,
        "reads and verifies all, and takes it along",
        (*READ, "explain_request", "export_version", "show_training_data", "list_audit", "verify_audit"),
    ),
    Role("client", "asks a model for predictions", calls=("infer",), is_for_people=False),
    Role("labeler", "says what was true, and what models elsewhere said", calls=("labels", "observations"),
         is_for_people=False),
)  # fmt: skip
# CI, after `cdk deploy`: what it brings is approved by people, and rolled out only then.
DEPLOYER = Role(
    "deployer",
    "deploys the stacks, uploads versions and rolls out what people approved",
    (*READ, "open_upload", "register_version", "roll_out_version"),
    is_for_people=False,
)
# Beside the calls about its model, what a role for one model may ask for: it tells nothing of any model.
OF_NO_MODEL = frozenset({"show_openapi"})


def management_paths(role: Role, model: str | None = None) -> list[str]:
    """`METHOD/path` of each call that a role may make, as patterns: of all models, or of one."""
    return [_pattern(call.method, call.path, model) for call in _calls(role, model)]


def serving_paths(routes: Iterable[tuple[str, str]], model: str | None = None) -> list[str]:
    """The same for methods and paths of a model's own API."""
    return [_pattern(method, path, model) for method, path in routes]


def _calls(role: Role, model: str | None) -> list[Call]:
    known = {call.name: call for call in CALLS}
    calls = [known[name] for name in role.may]
    return [call for call in calls if model is None or call.of_model or call.name in OF_NO_MODEL]


def _pattern(method: str, path: str, model: str | None) -> str:
    """A parameter is a `*`, which crosses slashes: docs/decisions/paths-for-policies.md."""
    filled = path.replace("{model}", model or "*").split("/")
    return method + "/".join("*" if part.startswith("{") else part for part in filled)
