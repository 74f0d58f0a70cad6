"""What every OpenAPI document of ours has in common: its frame, its operations, its errors."""

from typing import Any, Final

from functions.domain.json_schema import Schema, object_schema

VERSION: Final = "3.1.0"

ERRORS: Final = {
    "400": "The request is malformed or breaks the contract; the text names rows and features.",
    "403": "The API key, or the signature, is missing or wrong.",
    "404": "There is no such path, model or version; the text says which version is served.",
    "405": "The path does not answer to this method; `Allow` says to which.",
    "413": "The body is too large, or has too many rows.",
    "415": "The body's content type or encoding is not read.",
    "429": "Too many requests; `Retry-After` says when to try again.",
    "503": "The model has no release that serves, or what was sent could not be stored: send it again.",
}
# API Gateway's way to say that AWS Signature Version 4 is asked for.
SIGNATURE: Final[Schema] = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def document(model: str, description: str, paths: Schema, components: Schema) -> dict[str, Any]:
    """A document of one model's API; `components` has parameters and schemas, and may have security schemes."""
    schemes = {"signature": SIGNATURE, **components.get("securitySchemes", {})}
    return {
        "openapi": VERSION,
        "info": {"title": f"Trimtab: {model}", "version": "2", "description": description},
        "security": [{name: []} for name in components.get("securitySchemes", {"signature": None})],
        "paths": {**paths, "/openapi.json": {"get": {**get("openapi", "This document", "AnyObject"), "security": []}}},
        "components": {
            **components,
            "securitySchemes": schemes,
            "schemas": {
                **components["schemas"],
                "AnyObject": {"type": "object"},
                "Error": object_schema({"error": {"type": "string"}}),
            },
        },
    }


def get(name: str, summary: str, schema: str) -> Schema:
    """A GET that answers an object of that schema."""
    return {"operationId": name, "summary": summary, "responses": responses(schema)}


def post(name: str, summary: str, request: str, response: str) -> Schema:
    """A POST of JSON by the schema `request` that is answered by the schema `response`."""
    content: Schema = {"application/json": {"schema": reference(request)}}
    body = {"required": True, "content": content}
    return {"operationId": name, "summary": summary, "requestBody": body, "responses": responses(response)}


def responses(schema: str) -> Schema:
    """The answers of an operation: that one, or an error."""

    def content(name: str) -> Schema:
        return {"application/json": {"schema": reference(name)}}

    errors = {status: {"description": text, "content": content("Error")} for status, text in ERRORS.items()}
    return {"200": {"description": "The answer.", "content": content(schema)}, **errors}


def reference(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}
