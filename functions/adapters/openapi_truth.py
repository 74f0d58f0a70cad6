"""The calls that take labels and observations, as OpenAPI describes them; predict's document has them too."""

from collections.abc import Sequence
from typing import Any, Final

from functions.adapters.openapi import post, reference
from functions.domain.contract import Feature, Guard, Task
from functions.domain.json_schema import Schema, array_schema, example, object_schema, value_schema
from functions.domain.truth_limits import LEAST_NUMBER, LONGEST_CLASS, LONGEST_TEXT, MAX_ROWS

_FLAG: Final = Guard(out_of_range="flag", unknown_category="flag")
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_TIME: Final[Schema] = {
    "description": "ISO 8601 with its offset from UTC, or milliseconds since 1970; not later than the request.",
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": LEAST_NUMBER}],
}
_CHANCE: Final[Schema] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_CLASSES: Final[dict[type, Schema]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    str: {"type": "string", "minLength": 1, "maxLength": LONGEST_CLASS},
}


def truth_paths(model: str) -> Schema:
    """The two calls; both ask for a signature, whatever the others ask for."""
    signed: Schema = {"security": [{"signature": []}]}
    labels = post("labels", "Send what turned out to be true", "LabelsRequest", "LabelsResponse")
    observations = post(
        "observations", "Send predictions that were made elsewhere", "ObservationsRequest", "ObservationsResponse"
    )
    return {
        f"/models/{model}/labels": {"post": {**labels, **signed}},
        f"/models/{model}/observations": {"post": {**observations, **signed}},
    }


def truth_schemas(task: Task, features: Sequence[Feature], positive: str | int | bool | None) -> Schema:
    """The schemas of their requests and answers, from what a model predicts and from what."""
    label = _label(task, positive)
    output: Schema = {"label": label}
    if task != "regression":
        output["probability"] = _CHANCE
    if task == "multiclass":
        output["probabilities"] = {"type": ["object", "null"], "additionalProperties": {**_CHANCE, "type": "number"}}
    inputs = object_schema({f.name: value_schema(f, _FLAG) for f in features}, additionalProperties=False)
    observation = _row(
        {
            "id": {**_TEXT, "type": ["string", "null"], "description": "Yours, by which its label will name it."},
            "time": {**_TIME, "title": "When it was predicted"},
            "version": {**_TEXT, "description": "Your name of the model version that predicted it."},
            "inputs": {**inputs, "examples": [{feature.name: example(feature) for feature in features}]},
            "prediction": _row(output, "probability", "probabilities"),
        },
        "id",
    )
    return {
        "Label": _row(_label_properties(label), "observed_at", "predicted_at"),
        "LabelsRequest": _rows("labels", "Label"),
        "LabelsResponse": _answer({}),
        "Observation": observation,
        "ObservationsRequest": _rows("observations", "Observation"),
        "ObservationsResponse": _answer({"ids": array_schema({"type": ["string", "null"]})}),
    }


def _label_properties(label: Schema) -> Schema:
    optional = [*_TIME["anyOf"], {"type": "null"}]
    return {
        "prediction_id": {**_TEXT, "description": "As predict answered it, or an observation's id."},
        "label": label,
        "observed_at": {**_TIME, "anyOf": optional, "title": "When it was known; without it, when the request arrived"},
        "predicted_at": {
            **_TIME,
            "anyOf": optional,
            "title": "The observation's time; needed where the id is your own, and there alone",
        },
    }


def _label(task: Task, positive: str | int | bool | None) -> Schema:
    if task == "regression":
        return {"type": "number"}
    if task == "binary":
        return _CLASSES[type(positive)]
    return {"anyOf": list(_CLASSES.values())}


def _row(properties: Schema, *optional: str) -> Schema:
    return object_schema(properties, *optional, additionalProperties=False)


def _rows(key: str, row: str) -> Schema:
    return _row({key: array_schema(reference(row), minItems=1, maxItems=MAX_ROWS)})


def _answer(more: dict[str, Any]) -> Schema:
    rejected = object_schema({"row": {"type": "integer", "minimum": 0}, "error": {"type": "string"}})
    return _row({"accepted": {"type": "integer", "minimum": 1}, **more, "rejected": array_schema(rejected)})
