"""JSON schemas of what the serving calls take and answer, from a contract.

A limit of the contract is one of the schema only where the guard rejects what breaks it; what is flagged is allowed.
"""

from typing import Any

from functions.domain.contract import Contract, Feature, Guard, Output
from functions.domain.number_columns import FLOAT32_MAX, INT64_MAX, INT64_MIN
from functions.domain.scalar_columns import DATATYPES
from functions.predict.named_rows import class_key

Schema = dict[str, Any]
NUMBERS: Schema = {"FP32": "number", "FP64": "number", "INT64": "integer", "INT32": "integer"}


def _object(properties: Schema, *optional: str, **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, **more}


def _array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def fixed_schemas(model: str) -> Schema:
    """The schemas that no contract changes."""
    text, truth = {"type": "string"}, {"type": "boolean"}
    tensor = _object({"name": text, "datatype": text, "shape": _array({"type": "integer"})})
    return {
        "AnyObject": {"type": "object"},
        "Error": _object({"error": text}),
        "ServerMetadata": _object({"name": text, "version": text, "extensions": _array(text)}),
        "Live": _object({"live": truth}),
        "Ready": _object({"live": truth, "ready": truth}),
        "ModelReady": _object({"name": {"const": model}, "ready": truth}),
        "ModelMetadata": _object(
            {
                "name": {"const": model},
                "versions": _array(text),
                "platform": text,
                "inputs": _array(tensor),
                "outputs": _array(tensor),
            }
        ),
    }


def model_schemas(contract: Contract | None) -> Schema:
    """The schemas of the prediction calls; without a contract they say nothing of features."""
    if contract is None:
        return {
            "InferRequest": _object({"inputs": _array({"type": "object"}, minItems=1)}),
            "InferResponse": {"type": "object"},
            "PredictRequest": _object({"rows": _array({"type": "object"}, minItems=1)}, additionalProperties=False),
            "PredictResponse": {"type": "object"},
        }
    rows = {"minItems": 1, "maxItems": contract.guard.max_rows}
    row = _object({f.name: _value(f, contract.guard) for f in contract.features}, additionalProperties=False)
    return {
        "Row": {**row, "examples": [{feature.name: _example(feature) for feature in contract.features}]},
        "PredictRequest": _object(
            {"rows": _array({"$ref": "#/components/schemas/Row"}, **rows)}, additionalProperties=False
        ),
        "PredictResponse": _object(
            {
                "model": {"const": contract.model},
                "model_version": {"type": "integer"},
                "release": {"type": "integer"},
                "predictions": _array(_prediction(contract), **rows),
            },
            additionalProperties=False,
        ),
        "InferRequest": _infer_request(contract),
        "InferResponse": _infer_response(contract),
    }


def _value(feature: Feature, guard: Guard) -> Schema:
    schema = _scalar(feature, guard)
    return schema if feature.size is None else _array(schema, minItems=feature.size, maxItems=feature.size)


def _scalar(feature: Feature, guard: Guard) -> Schema:
    schema: Schema = {"type": "string" if feature.type == "string" else "boolean"}
    if feature.type in ("float32", "int64"):
        schema = _number(feature, guard)
    if feature.categories is not None:
        known = list(feature.categories)
        if guard.unknown_category == "reject":
            schema["enum"] = [*known, "", None] if feature.nullable else known
        else:
            schema["description"] = f"Anything but {', '.join(str(category) for category in known)} is flagged."
    if feature.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def _number(feature: Feature, guard: Guard) -> Schema:
    whole = feature.type == "int64"
    low, high = (INT64_MIN, INT64_MAX) if whole else (-FLOAT32_MAX, FLOAT32_MAX)
    schema: Schema = {"type": "integer" if whole else "number", "format": "int64" if whole else "float"}
    if guard.out_of_range == "reject":
        low = low if feature.min is None else feature.min
        high = high if feature.max is None else feature.max
    elif not feature.min is feature.max is None:
        schema["description"] = f"Below {feature.min} or above {feature.max} is flagged."
    return {**schema, "minimum": int(low) if whole else low, "maximum": int(high) if whole else high}


def _example(feature: Feature) -> Any:
    value: Any
    if feature.categories:
        value = feature.categories[0]
    elif feature.type == "string":
        value = "text"
    elif feature.type == "bool":
        value = True
    else:
        low, high = feature.min, feature.max
        middle = (low + high) / 2 if low is not None and high is not None else low if low is not None else high or 0
        value = round(middle) if feature.type == "int64" else float(middle)
    return value if feature.size is None else [value] * feature.size


def _prediction(contract: Contract) -> Schema:
    label: Schema = {"type": ["number", "null"]} if contract.classes is None else {"enum": list(contract.classes)}
    properties: Schema = {"id": {"type": "string"}, "label": label}
    if contract.classes is not None and contract.probability_output is not None:
        properties["probability"] = {"type": ["number", "null"]}
        if contract.task == "multiclass":
            chances = {class_key(value): {"type": ["number", "null"]} for value in contract.classes}
            properties["probabilities"] = _object(chances, additionalProperties=False)
    properties["flags"] = _array({"type": "string", "pattern": "^(out_of_range|unknown_category):"})
    return _object(properties, additionalProperties=False)


def _infer_request(contract: Contract) -> Schema:
    features = contract.features
    names = {"enum": [output.name for output in contract.outputs]}
    example = [_tensor_example(feature) for feature in features]
    parameters = {"type": "object"}
    schema = _object(
        {
            "id": {"type": "string"},
            "parameters": _object({"binary_data_output": {"type": "boolean"}}, "binary_data_output"),
            "inputs": _array(
                {"anyOf": [_tensor(feature, contract.guard) for feature in features]},
                minItems=len(features),
                maxItems=len(features),
            ),
            "outputs": _array(_object({"name": names, "parameters": parameters}, "parameters")),
        },
        "id",
        "parameters",
        "outputs",
        additionalProperties=False,
    )
    return {**schema, "examples": [{"inputs": example}]}


def _tensor(feature: Feature, guard: Guard) -> Schema:
    scalar = _scalar(feature, guard)
    return _object(
        {
            "name": {"const": feature.name},
            "datatype": {"const": DATATYPES[feature.type]},
            "shape": _shape(1 if feature.size is None else 2, 2),
            "data": _array({"anyOf": [scalar, _array(scalar)]}, minItems=1),
            "parameters": _object({"binary_data_size": {"type": "integer", "minimum": 0}}, "binary_data_size"),
        },
        "data",
        "parameters",
        additionalProperties=False,
    )


def _tensor_example(feature: Feature) -> Schema:
    value = _example(feature)
    return {
        "name": feature.name,
        "shape": [1, feature.size or 1],
        "datatype": DATATYPES[feature.type],
        "data": [value] if feature.size is None else value,
    }


def _infer_response(contract: Contract) -> Schema:
    return _object(
        {
            "model_name": {"const": contract.model},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "outputs": _array({"anyOf": [_output(output) for output in contract.outputs]}, minItems=1),
        },
        "id",
        additionalProperties=False,
    )


def _output(output: Output) -> Schema:
    kind = NUMBERS.get(output.datatype, "boolean" if output.datatype == "BOOL" else "string")
    item = {"type": [kind, "null"]} if kind == "number" else {"type": kind}
    return _object(
        {
            "name": {"const": output.name},
            "datatype": {"const": output.datatype},
            "shape": _shape(1 + len(output.shape), 1 + len(output.shape)),
            "data": _array(item),
            "parameters": _object({"binary_data_size": {"type": "integer"}}),
        },
        "data",
        "parameters",
        additionalProperties=False,
    )


def _shape(at_least: int, at_most: int) -> Schema:
    return _array({"type": "integer", "minimum": 1}, minItems=at_least, maxItems=at_most)
