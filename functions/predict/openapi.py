"""The OpenAPI document of a model's calls, generated from the contract of the release that answers it."""

from typing import Any, Final

from functions.adapters import openapi
from functions.adapters.openapi import get, post
from functions.adapters.openapi_truth import truth_paths
from functions.domain.contract import Contract
from functions.domain.json_schema import Schema
from functions.predict.openapi_schemas import fixed_schemas, model_schemas

DESCRIPTION: Final = (
    "The Open Inference Protocol V2, with its binary tensor extension, and named rows; and what turned out to be true."
)


def document(model: str, contract: Contract | None) -> dict[str, Any]:
    """The document, as JSON-able values; without a contract (no release yet) it says nothing of features."""
    components = {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        "parameters": {
            "Version": {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}},
            "HeaderLength": {
                "name": "Inference-Header-Content-Length",
                "in": "header",
                "description": "The length of the JSON object in bytes, where binary tensors follow it.",
                "schema": {"type": "integer", "minimum": 1},
            },
        },
        "schemas": {**fixed_schemas(model), **model_schemas(contract)},
    }
    # Before the first release there is nothing that a label could be about, nor is it known what labels are like.
    truth = {} if contract is None else truth_paths(model)
    return openapi.document(model, DESCRIPTION, {**_paths(model), **truth}, components)


def _paths(model: str) -> Schema:
    base = f"/v2/models/{model}"
    version = [{"$ref": "#/components/parameters/Version"}]
    return {
        "/v2": {"get": get("serverMetadata", "The server and its extensions", "ServerMetadata")},
        "/v2/health/live": {"get": {**get("serverLive", "Is the server there?", "Live"), "security": []}},
        "/v2/health/ready": {"get": get("serverReady", "Is there a release that serves?", "Ready")},
        base: {"get": get("modelMetadata", "Inputs and outputs", "ModelMetadata")},
        f"{base}/ready": {"get": get("modelReady", "Does the model serve?", "ModelReady")},
        f"{base}/infer": {"post": _infer("infer", "Predict, by the protocol")},
        f"{base}/versions/{{version}}": {
            "get": get("versionMetadata", "Inputs and outputs of a version", "ModelMetadata"),
            "parameters": version,
        },
        f"{base}/versions/{{version}}/ready": {
            "get": get("versionReady", "Does this version serve?", "ModelReady"),
            "parameters": version,
        },
        f"{base}/versions/{{version}}/infer": {
            "post": _infer("inferVersion", "Predict, by this version"),
            "parameters": version,
        },
        f"/models/{model}/predict": {
            "post": post("predict", "Predict, by named rows", "PredictRequest", "PredictResponse")
        },
    }


def _infer(name: str, summary: str) -> Schema:
    """A call of the protocol, which takes and answers binary tensors too."""
    operation = post(name, summary, "InferRequest", "InferResponse")
    operation["requestBody"]["content"]["application/octet-stream"] = {}
    operation["responses"]["200"]["content"]["application/octet-stream"] = {}
    operation["parameters"] = [{"$ref": "#/components/parameters/HeaderLength"}]
    return operation
