"""JSON schemas of what the serving calls take and answer, from a contract.

A limit of the contract is one of the schema only where the guard rejects what breaks it; what is flagged is allowed.
"""

from functions.adapters.openapi_truth import truth_schemas
from functions.domain.contract import Contract, Feature, Guard, Output
from functions.domain.json_schema import Schema, array_schema, example, object_schema, scalar_schema, value_schema
from functions.domain.scalar_columns import DATATYPES
from functions.predict.named_rows import class_key

NUMBERS: Schema = {"FP32": "number", "FP64": "number", "INT64": "integer", "INT32": "integer"}


def fixed_schemas(model: str) -> Schema:
    """The schemas that no contract changes."""
    text, truth = {"type": "string"}, {"type": "boolean"}
    tensor = object_schema({"name": text, "datatype": text, "shape": array_schema({"type": "integer"})})
    return {
        "ServerMetadata": object_schema({"name": text, "version": text, "extensions": array_schema(text)}),
        "Live": object_schema({"live": truth}),
        "Ready": object_schema({"live": truth, "ready": truth}),
        "ModelReady": object_schema({"name": {"const": model}, "ready": truth}),
        "ModelMetadata": object_schema(
            {
                "name": {"const": model},
                "versions": array_schema(text),
                "platform": text,
                "inputs": array_schema(tensor),
                "outputs": array_schema(tensor),
            }
        ),
    }


def model_schemas(contract: Contract | None) -> Schema:
    """The schemas of the prediction calls; without a contract they say nothing of features."""
    if contract is None:
        return {
            "InferRequest": object_schema({"inputs": array_schema({"type": "object"}, minItems=1)}),
            "InferResponse": {"type": "object"},
            "PredictRequest": object_schema(
                {"rows": array_schema({"type": "object"}, minItems=1)}, additionalProperties=False
            ),
            "PredictResponse": {"type": "object"},
        }
    rows = {"minItems": 1, "maxItems": contract.guard.max_rows}
    row = object_schema(
        {f.name: value_schema(f, contract.guard) for f in contract.features}, additionalProperties=False
    )
    return {
        "Row": {**row, "examples": [{feature.name: example(feature) for feature in contract.features}]},
        "PredictRequest": object_schema(
            {"rows": array_schema({"$ref": "#/components/schemas/Row"}, **rows)}, additionalProperties=False
        ),
        "PredictResponse": object_schema(
            {
                "model": {"const": contract.model},
                "model_version": {"type": "integer"},
                "release": {"type": "integer"},
                "predictions": array_schema(_prediction(contract), **rows),
            },
            additionalProperties=False,
        ),
        "InferRequest": _infer_request(contract),
        "InferResponse": _infer_response(contract),
        **truth_schemas(contract.task, contract.features, contract.positive),
    }


def _prediction(contract: Contract) -> Schema:
    label: Schema = {"type": ["number", "null"]} if contract.classes is None else {"enum": list(contract.classes)}
    properties: Schema = {"id": {"type": "string"}, "label": label}
    if contract.classes is not None and contract.probability_output is not None:
        properties["probability"] = {"type": ["number", "null"]}
        if contract.task == "multiclass":
            chances = {class_key(value): {"type": ["number", "null"]} for value in contract.classes}
            properties["probabilities"] = object_schema(chances, additionalProperties=False)
    properties["flags"] = array_schema({"type": "string", "pattern": "^(out_of_range|unknown_category):"})
    return object_schema(properties, additionalProperties=False)


def _infer_request(contract: Contract) -> Schema:
    features = contract.features
    names = {"enum": [output.name for output in contract.outputs]}
    inputs = [_tensor_example(feature) for feature in features]
    parameters = {"type": "object"}
    schema = object_schema(
        {
            "id": {"type": "string"},
            "parameters": object_schema({"binary_data_output": {"type": "boolean"}}, "binary_data_output"),
            "inputs": array_schema(
                {"anyOf": [_tensor(feature, contract.guard) for feature in features]},
                minItems=len(features),
                maxItems=len(features),
            ),
            "outputs": array_schema(object_schema({"name": names, "parameters": parameters}, "parameters")),
        },
        "id",
        "parameters",
        "outputs",
        additionalProperties=False,
    )
    return {**schema, "examples": [{"inputs": inputs}]}


def _tensor(feature: Feature, guard: Guard) -> Schema:
    scalar = scalar_schema(feature, guard)
    return object_schema(
        {
            "name": {"const": feature.name},
            "datatype": {"const": DATATYPES[feature.type]},
            "shape": _shape(1 if feature.size is None else 2, 2),
            "data": array_schema({"anyOf": [scalar, array_schema(scalar)]}, minItems=1),
            "parameters": object_schema({"binary_data_size": {"type": "integer", "minimum": 0}}, "binary_data_size"),
        },
        "data",
        "parameters",
        additionalProperties=False,
    )


def _tensor_example(feature: Feature) -> Schema:
    value = example(feature)
    return {
        "name": feature.name,
        "shape": [1, feature.size or 1],
        "datatype": DATATYPES[feature.type],
        "data": [value] if feature.size is None else value,
    }


def _infer_response(contract: Contract) -> Schema:
    return object_schema(
        {
            "model_name": {"const": contract.model},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "outputs": array_schema({"anyOf": [_output(output) for output in contract.outputs]}, minItems=1),
        },
        "id",
        additionalProperties=False,
    )


def _output(output: Output) -> Schema:
    kind = NUMBERS.get(output.datatype, "boolean" if output.datatype == "BOOL" else "string")
    item = {"type": [kind, "null"]} if kind == "number" else {"type": kind}
    return object_schema(
        {
            "name": {"const": output.name},
            "datatype": {"const": output.datatype},
            "shape": _shape(1 + len(output.shape), 1 + len(output.shape)),
            "data": array_schema(item),
            "parameters": object_schema({"binary_data_size": {"type": "integer"}}),
        },
        "data",
        "parameters",
        additionalProperties=False,
    )


def _shape(at_least: int, at_most: int) -> Schema:
    return array_schema({"type": "integer", "minimum": 1}, minItems=at_least, maxItems=at_most)
