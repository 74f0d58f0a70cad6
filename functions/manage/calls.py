"""Which function answers which call of the table."""

from collections.abc import Callable, Mapping

from functions.adapters.gateway_answer import Answer
from functions.manage import (
    approvals,
    audits,
    exports,
    facts,
    models,
    provenance,
    quarantine,
    releases,
    reports,
    rollouts,
    training_data,
    trainings,
    uploads,
    versions,
)
from functions.manage.description import show_openapi
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

Answering = Callable[[ManageRequest, Tools], Answer]

ANSWERING: Mapping[str, Answering] = {
    "list_models": models.list_models,
    "show_model": models.show_model,
    "list_versions": versions.list_versions,
    "show_version": versions.show_version,
    "show_card": facts.show_card,
    "show_lineage": facts.show_lineage,
    "show_model_lineage": facts.show_model_lineage,
    "export_version": exports.export_version,
    "show_training_data": training_data.show_training_data,
    "compare_versions": facts.compare_versions,
    "compare_models": facts.compare_models,
    "list_reports": reports.list_reports,
    "show_report": reports.show_report,
    "list_rollouts": rollouts.list_rollouts,
    "list_trainings": trainings.list_trainings,
    "show_training": trainings.show_training,
    "show_quarantine": quarantine.show_quarantine,
    "explain_request": provenance.explain_request,
    "list_audit": audits.list_audit,
    "verify_audit": audits.verify_audit,
    "open_upload": uploads.open_upload,
    "register_version": uploads.register_version,
    "approve_version": approvals.approve_version,
    "reject_version": approvals.reject_version,
    "roll_out_version": releases.roll_out_version,
    "promote_rollout": releases.promote_rollout,
    "roll_back": releases.roll_back,
    "unbar_release": releases.unbar_release,
    "retrain_model": trainings.retrain_model,
    "release_quarantine": quarantine.release_quarantine,
    "show_openapi": show_openapi,
}
