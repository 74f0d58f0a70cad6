"""API Gateway's request validator, as the template sets it for a method."""

import json

import jsonschema

from trimtab.local.gateway_responses import refusal
from trimtab.local.http_message import Request
from trimtab.local.routes import Method


def validate(request: Request, method: Method) -> None:
    """The request validator: required parameters, and the body's model where one is for its content type."""
    query = request.query
    for parameter in method.required_parameters:
        place, _, name = parameter.removeprefix("method.request.").partition(".")
        there = request.header(name) is not None if place == "header" else f"{name}=" in f"&{query}"
        if place in ("header", "querystring") and not there:
            raise refusal("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{name}]")
    content_type = (request.header("content-type") or "application/json").split(";")[0].strip()
    schema = method.body_schemas.get(content_type) or method.body_schemas.get("$default")
    if schema is not None:
        try:
            jsonschema.validate(json.loads(request.body), json.loads(schema) if isinstance(schema, str) else schema)
        except (ValueError, jsonschema.ValidationError) as error:
            raise refusal("BAD_REQUEST_BODY") from error
