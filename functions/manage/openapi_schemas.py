"""What the calls take and answer, as JSON schemas."""

from typing import Final

from functions.domain.evaluation import Evaluation
from functions.domain.json_schema import Schema, array_schema, object_schema
from functions.domain.model_version import ModelVersion
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.release import Release
from functions.domain.rollout import Rollout
from functions.domain.training import Training
from functions.manage.record_schema import record_schema
from functions.manage.uploads import LONGEST_MANIFEST

_TEXT: Final[Schema] = {"type": "string"}
_LINE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 1_000}
_COMMENT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 2_000}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_FLAG: Final[Schema] = {"type": "boolean"}
_OBJECT: Final[Schema] = {"type": "object"}
_TEXTS: Final[Schema] = array_schema(_TEXT)
_COUNTS: Final[Schema] = {"type": "object", "additionalProperties": _COUNT}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_NUMBER: Final = _or_null({"type": "integer", "minimum": 1})
_SHORT: Final[Schema] = {
    "model": _TEXT,
    "url": _or_null(_TEXT),
    "versions": _COUNT,
    "candidate": _NUMBER,
    "live": _NUMBER,
    "canary": _NUMBER,
    "weight": {"type": "number", "minimum": 0, "maximum": 1},
    "rollout": _NUMBER,
}
_MODEL: Final[Schema] = {
    **_SHORT,
    "task": _or_null({"enum": ["binary", "multiclass", "regression"]}),
    "external": _FLAG,
    "about": {"type": "object", "additionalProperties": _TEXT},
    "model_version": _NUMBER,
    "releases": array_schema(record_schema(Release)),
    "training": _or_null(_TEXT),
    "evaluation": _or_null(object_schema({"window": array_schema(_TIME), "verdict": _TEXT})),
    "busy": _FLAG,
    "etag": _TEXT,
}
_VERSION: Final = record_schema(ModelVersion, etag=_TEXT)
_QUARANTINE: Final[Schema] = {
    "model": _TEXT,
    "snapshot": _TEXT,
    "as_of": _TEXT,
    "learnt_from": _COUNT,
    "quarantined": _COUNT,
    "by_reason": _COUNTS,
    "by_sender": _COUNTS,
    "key": _or_null(_TEXT),
    "rows": array_schema(_OBJECT),
    "released": array_schema(record_schema(QuarantineRelease)),
}
_COMMANDED: Final[Schema] = {"state": {"const": "done"}, "model": _TEXT, "message": _TEXT, "steps": _TEXTS}
_FILE: Final = object_schema(
    {"name": _TEXT, "url": _TEXT, "headers": {"type": "object", "additionalProperties": _TEXT}}
)


def _page(schema: Schema, **beside: Schema) -> Schema:
    """A page of these; `beside` are fields of the page itself."""
    return object_schema({**beside, "items": array_schema(schema), "next": _or_null(_TEXT)}, additionalProperties=False)


def _closed(properties: Schema, *optional: str) -> Schema:
    return object_schema(properties, *optional, additionalProperties=False)


SCHEMAS: Final[dict[str, Schema]] = {
    "ModelPage": _page(_closed(_SHORT)),
    "Model": _closed(_MODEL),
    "VersionPage": _page(_VERSION),
    "VersionInFull": record_schema(
        ModelVersion, etag=_TEXT, releases=array_schema(record_schema(Release)), live=_FLAG, candidate=_NUMBER
    ),
    "AuditPage": _page(_OBJECT),
    "EvaluationPage": _page(record_schema(Evaluation)),
    "Report": _closed({"evaluation": record_schema(Evaluation), "report": _OBJECT}),
    "RolloutPage": _page(record_schema(Rollout)),
    "TrainingPage": _page(record_schema(Training)),
    "Training": record_schema(Training),
    "TrainingDataPage": _page(
        _closed({"key": _TEXT, "sha256": _TEXT, "url": _TEXT}), v=_COUNT, model=_TEXT, version=_COUNT, artifact=_TEXT
    ),
    "Quarantine": _closed(_QUARANTINE),
    "Upload": _closed(
        {"artifact": _TEXT, "valid_s": _COUNT, "files": array_schema(_FILE), "training": array_schema(_FILE)}
    ),
    "Registered": object_schema({"model": _TEXT, "version": _NUMBER, "state": _TEXT, "signed": _FLAG, "steps": _TEXTS}),
    "Decided": record_schema(ModelVersion, etag=_TEXT, waits_for=_or_null(_TEXT)),
    "Commanded": object_schema(_COMMANDED),
    "RolledOut": object_schema(
        {**_COMMANDED, "model_version": _COUNT, "release": _NUMBER, "weight": {"type": "number"}}
    ),
    "UnderWay": _closed({**_COMMANDED, "state": {"const": "under way"}}),
    "Retraining": _closed({"model": _TEXT, "execution": _TEXT, "state": {"const": "running"}}),
    "Released": _closed({"released": record_schema(QuarantineRelease, v=_COUNT), "new": _FLAG}),
}
# What each POST takes; `additionalProperties` is false everywhere: a field that is misspelt is an error.
BODIES: Final[dict[str, Schema]] = {
    "open_upload": _closed(
        {"manifest": {"type": "string", "minLength": 1, "maxLength": LONGEST_MANIFEST},
         "training": array_schema({"type": "string", "pattern": "^[0-9a-f]{64}[.](json|npz|zip)$"})},
        "training",
    ),
    "register_version": _closed({"artifact": {"type": "string", "pattern": "^incoming/model=[^/]+/[0-9a-f]{64}/$"}}),
    "approve_version": _closed({"comment": _or_null(_COMMENT)}, "comment"),
    "reject_version": _closed({"comment": _COMMENT}),
    "roll_out_version": _closed({"now": _FLAG}, "now"),
    "promote_rollout": _closed({}),
    "roll_back": _closed({"reason": _LINE, "to": _NUMBER}, "to"),
    "unbar_release": _closed({"reason": _LINE}),
    "retrain_model": _closed({"refresh": _FLAG}, "refresh"),
    "release_quarantine": _closed(
        {"reason": _LINE, "id": _or_null(_LINE), "sender": _or_null(_LINE),
         "start": _or_null(_TIME), "end": _or_null(_TIME)},
        "id", "sender", "start", "end",
    ),
}  # fmt: skip
_PAGED: Final = ("limit", "after")
QUERIES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("list_models", "list_versions", "list_reports", "list_rollouts", "list_trainings"), _PAGED),
    "show_training_data": _PAGED,
    "list_audit": (*_PAGED, "start", "end_of_period", "about", "actor", "action"),
    "show_quarantine": ("rows",),
    "explain_request": ("at",),
    "compare_versions": ("versions",),
    "compare_models": ("versions",),
}
