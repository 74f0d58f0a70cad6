"""The OpenAPI document of the serving calls, generated from the contract of the release that answers it."""

from typing import Any, Final

from functions.domain.contract import Contract
from functions.predict.openapi_schemas import Schema, fixed_schemas, model_schemas

VERSION: Final = "3.1.0"

ERRORS: Final = {
    "400": "The request is malformed or breaks the contract; the text names rows and features.",
    "403": "The API key is missing or wrong.",
    "404": "There is no such path, model or version; the text says which version is served.",
    "405": "The path does not answer to this method; `Allow` says to which.",
    "413": "The body is too large, or has too many rows.",
    "415": "The body's content type or encoding is not read.",
    "429": "Too many requests; `Retry-After` says when to try again.",
    "503": "The model has no release that serves.",
}


def document(model: str, contract: Contract | None) -> dict[str, Any]:
    """The document, as JSON-able values; without a contract (no release yet) it says nothing of features."""
    return {
        "openapi": VERSION,
        "info": {
            "title": f"Trimtab: {model}",
            "version": "2",
            "description": "The Open Inference Protocol V2, with its binary tensor extension, and named rows.",
        },
        "security": [{"key": []}],
        "paths": _paths(model),
        "components": {
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
        },
    }


def _paths(model: str) -> Schema:
    base = f"/v2/models/{model}"
    infer = _post("InferRequest", "InferResponse", binary=True)
    version = [{"$ref": "#/components/parameters/Version"}]
    return {
        "/v2": {"get": _get("serverMetadata", "The server and its extensions", "ServerMetadata")},
        "/v2/health/live": {"get": {**_get("serverLive", "Is the server there?", "Live"), "security": []}},
        "/v2/health/ready": {"get": _get("serverReady", "Is there a release that serves?", "Ready")},
        base: {"get": _get("modelMetadata", "Inputs and outputs", "ModelMetadata")},
        f"{base}/ready": {"get": _get("modelReady", "Does the model serve?", "ModelReady")},
        f"{base}/infer": {"post": {"operationId": "infer", "summary": "Predict, by the protocol", **infer}},
        f"{base}/versions/{{version}}": {
            "get": _get("versionMetadata", "Inputs and outputs of a version", "ModelMetadata"),
            "parameters": version,
        },
        f"{base}/versions/{{version}}/ready": {
            "get": _get("versionReady", "Does this version serve?", "ModelReady"),
            "parameters": version,
        },
        f"{base}/versions/{{version}}/infer": {
            "post": {"operationId": "inferVersion", "summary": "Predict, by this version", **infer},
            "parameters": version,
        },
        f"/models/{model}/predict": {
            "post": {
                "operationId": "predict",
                "summary": "Predict, by named rows",
                **_post("PredictRequest", "PredictResponse"),
            }
        },
        "/openapi.json": {"get": {**_get("openapi", "This document", "AnyObject"), "security": []}},
    }


def _get(name: str, summary: str, schema: str) -> Schema:
    return {"operationId": name, "summary": summary, "responses": _responses(schema)}


def _post(request: str, response: str, binary: bool = False) -> Schema:
    content: Schema = {"application/json": {"schema": _reference(request)}}
    operation: Schema = {"requestBody": {"required": True, "content": content}, "responses": _responses(response)}
    if binary:
        content["application/octet-stream"] = {}
        operation["responses"]["200"]["content"]["application/octet-stream"] = {}
        operation["parameters"] = [{"$ref": "#/components/parameters/HeaderLength"}]
    return operation


def _responses(schema: str) -> Schema:
    def content(name: str) -> Schema:
        return {"application/json": {"schema": _reference(name)}}

    errors = {status: {"description": text, "content": content("Error")} for status, text in ERRORS.items()}
    return {"200": {"description": "The answer.", "content": content(schema)}, **errors}


def _reference(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}
