"""The OpenAPI document of the management API: made from the table of calls, and what each takes and answers."""

import re
from dataclasses import dataclass
from typing import Any, Final

from functions.adapters.openapi import SIGNATURE, VERSION, reference
from functions.domain.json_schema import Schema, object_schema
from functions.domain.management_calls import CALLS, Call
from functions.manage.openapi_schemas import BODIES, QUERIES, SCHEMAS

DESCRIPTION: Final = (
    "Who runs models asks here: which there are, what became of each, and what shall be done. Every call is signed "
    "with AWS Signature Version 4 for execute-api; which calls a caller may make is IAM policy."
)
ERRORS: Final = {
    "400": "The request is malformed; the text names the field.",
    "403": "The signature is missing or wrong, or its policy does not allow this call, or the caller may not approve.",
    "404": "There is no such path, model, version, release, training or report.",
    "405": "The path does not answer to this method; `Allow` says to which.",
    "409": "It was changed meanwhile (`If-Match`), or stands otherwise than the call needs; the text says how.",
    "413": "The body is too large.",
    "415": "The body's content type or encoding is not read.",
    "429": "Too many requests; `Retry-After` says when to try again.",
    "503": "A service did not answer: ask again.",
}
_PARAMETER = re.compile(r"{([a-z]+)}")


@dataclass(frozen=True, slots=True)
class Told:
    """What the document says of a call: a line, the schema of its answer, and the status of a success."""

    summary: str
    answer: str
    status: str = "200"
    later: bool = False  # it may answer 202 too: still at work


TOLD: Final[dict[str, Told]] = {
    "list_models": Told("All models, by name", "ModelPage"),
    "show_model": Told("One model: what is live, what is under way", "Model"),
    "list_versions": Told("Versions, the newest first", "VersionPage"),
    "show_version": Told("One version with its releases", "VersionInFull"),
    "show_card": Told("The model card of a version", "AnyObject"),
    "show_lineage": Told("From data to version to release to predictions, as a graph", "AnyObject"),
    "show_model_lineage": Told("How the versions came from one another, as a graph", "AnyObject"),
    "compare_versions": Told("Versions of one model side by side", "AnyObject"),
    "compare_models": Told("Versions of several models side by side", "AnyObject"),
    "export_version": Told("The files of a version, with its signature", "AnyObject"),
    "show_training_data": Told("The files of a version and of what it learnt from", "TrainingDataPage"),
    "explain_request": Told("What served a request, and where that came from", "AnyObject"),
    "list_audit": Told("Entries of the audit chain, oldest first", "AuditPage"),
    "verify_audit": Told("Whether anything in the audit, or behind it, was tampered with", "AnyObject"),
    "list_reports": Told("Windows that were judged, the newest first", "EvaluationPage"),
    "show_report": Told("The report of the window that ended then", "Report"),
    "list_rollouts": Told("Rollouts, the newest first", "RolloutPage"),
    "list_trainings": Told("Trainings, the newest first", "TrainingPage"),
    "show_training": Told("The training of an execution", "Training"),
    "show_quarantine": Told("What the last snapshot kept out of training, and why", "Quarantine"),
    "open_upload": Told("URLs that take the files of an artifact", "Upload"),
    "register_version": Told("Make a version of an uploaded artifact", "Registered", "201"),
    "approve_version": Told("Approve a version", "Decided"),
    "reject_version": Told("Refuse a version for good", "Decided"),
    "roll_out_version": Told("Have an approved version go live", "RolledOut", later=True),
    "promote_rollout": Told("Give what is being rolled out all of the traffic now", "Commanded", later=True),
    "roll_back": Told("Go back to an earlier release at once", "Commanded", later=True),
    "unbar_release": Told("Let a release that was rolled back go live again", "Commanded", later=True),
    "retrain_model": Told("Start a training now", "Retraining", "202"),
    "release_quarantine": Told("Learn from rows that were kept out", "Released"),
    "show_openapi": Told("This document", "AnyObject"),
}


def document() -> dict[str, Any]:
    """The document, as JSON-able values."""
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        item = paths.setdefault(call.path, _item(call))
        item[call.method.lower()] = _operation(call)
    return {
        "openapi": VERSION,
        "info": {"title": "Trimtab: management", "version": "1", "description": DESCRIPTION},
        "security": [{"signature": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"signature": SIGNATURE},
            "parameters": _parameters(),
            "schemas": {
                **SCHEMAS,
                **{f"{name}Request": schema for name, schema in BODIES.items()},
                "AnyObject": {"type": "object"},
                "Error": object_schema({"error": {"type": "string"}}),
            },
        },
    }


def _item(call: Call) -> dict[str, Any]:
    """A path's parameters, which all its methods have."""
    named = [{"$ref": f"#/components/parameters/{name}"} for name in _PARAMETER.findall(call.path)]
    return {"parameters": named} if named else {}


def _operation(call: Call) -> dict[str, Any]:
    told = TOLD[call.name]
    answers = {told.status: _content(told.answer, "The answer.")}
    if told.later:
        answers["202"] = _content("UnderWay", "Still at work; it goes on by itself.")
    errors = {status: _content("Error", text) for status, text in ERRORS.items()}
    operation: Schema = {"operationId": call.name, "summary": told.summary, "responses": {**answers, **errors}}
    queries = list(QUERIES.get(call.name, ()))
    if queries:
        operation["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in queries]
    if call.method == "POST":
        operation["parameters"] = [{"$ref": "#/components/parameters/IfMatch"}]
        body: Schema = {"application/json": {"schema": reference(f"{call.name}Request")}}
        operation["requestBody"] = {"required": bool(BODIES[call.name].get("required")), "content": body}
    return operation


def _content(schema: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": reference(schema)}}}


def _parameters() -> Schema:
    whole: Schema = {"type": "integer", "minimum": 1}
    path = {
        "model": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
        "version": {"type": "string", "description": "A number; of a model that is hosted elsewhere its name."},
        "release": whole,
        "execution": {"type": "string"},
        "end": {"type": "string", "format": "date-time"},
        "request": {"type": "string"},
    }
    query = {
        "limit": {**whole, "maximum": 200, "default": 50},
        "after": {"type": "string", "description": "The `next` of the page before."},
        "rows": {"type": "integer", "minimum": 0, "maximum": 1_000, "default": 50},
        "versions": {"type": "string", "description": "`3,5`; across models `flights:3,5;tides`."},
        "start": {"type": "string", "format": "date-time"},
        "end_of_period": {"type": "string", "format": "date-time"},
        "about": {"type": "string", "description": "Of this model alone."},
        "actor": {"type": "string", "description": "By this one alone."},
        "action": {"type": "string", "description": "Of this kind alone, such as `live.moved`."},
        "at": {"type": "string", "format": "date-time", "description": "When an observation was predicted."},
    }
    named = {"end_of_period": "end", "about": "model"}
    return {
        **{name: {"name": name, "in": "path", "required": True, "schema": schema} for name, schema in path.items()},
        **{name: {"name": named.get(name, name), "in": "query", "schema": schema} for name, schema in query.items()},
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag that the change was decided on; where it is another by now, 409.",
            "schema": {"type": "string"},
        },
    }
