"""Lambda's REST API over LambdaService: requests are parsed and answers shaped by AWS's own model of the API."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, unquote
from uuid import uuid4

import botocore.session

from trimtab.local.http_message import Request, Response
from trimtab.local.lambda_errors import LambdaError, invalid
from trimtab.local.lambda_service import LambdaService

API_PATH = re.compile(r"^/20\d\d-\d\d-\d\d/(functions|layers|tags|account-settings|event-source-mappings)\b")


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    query: dict[str, list[str]]
    operation: Any  # botocore.model.OperationModel


class LambdaApi:
    """`answer` is the endpoint for Lambda. Calls that change something are made one at a time."""

    def __init__(self, service: LambdaService) -> None:
        self._service, self._lock = service, RLock()
        model = botocore.session.get_session().get_service_model("lambda")
        routes = [_route(model.operation_model(name)) for name in model.operation_names]
        self._routes = sorted(routes, key=lambda route: -len(route.query))

    def answer(self, request: Request) -> Response:
        """Lambda's answer, errors included."""
        try:
            route, asked = self._parse(request)
            operation = self._service.operation(route.operation.name)
            if operation is None:
                raise invalid(f"the local cloud does not do {route.operation.name} of Lambda")
            if route.operation.name == "Invoke":  # takes its time, and changes nothing
                return _shaped(route.operation, operation(asked))
            with self._lock:
                return _shaped(route.operation, operation(asked))
        except LambdaError as error:
            body = json.dumps({"Type": "User", "Message": str(error), "message": str(error)}).encode()
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error.code)]
            return Response(error.status, body, [*headers, ("x-amzn-RequestId", str(uuid4()))])

    def asked(self, request: Request) -> tuple[str, dict[str, Any]]:
        """A call's operation, and its parameters by their names in AWS's model.

        Raises:
            LambdaError: it is no call of Lambda's, or malformed.
        """
        route, asked = self._parse(request)
        return str(route.operation.name), asked

    def _parse(self, request: Request) -> tuple[Route, dict[str, Any]]:
        query = parse_qs(request.query, keep_blank_values=True)
        for route in self._routes:
            match = route.path.match(request.raw_path) if route.method == request.method else None
            if match and all(query.get(key) == value for key, value in route.query.items()):
                return route, _input(route.operation, request, match.groupdict(), query)
        raise LambdaError("UnknownOperationException", 404, f"no Lambda call: {request.method} {request.raw_path}")


def _route(operation: Any) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return Route(operation.http["method"], re.compile(f"^{pattern}/?$"), parse_qs(query), operation)


def _input(operation: Any, request: Request, path: dict[str, str], query: dict[str, list[str]]) -> dict[str, Any]:
    shape = operation.input_shape
    asked: dict[str, Any] = {}
    payload = shape.serialization.get("payload") if shape else None
    body = {} if payload else _json_body(request.body)
    for name, member in (shape.members if shape else {}).items():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        value: Any = None
        if name == payload:
            value = request.body
        elif place == "uri":
            value = unquote(path[key])
        elif place == "querystring" and key in query:
            value = query[key] if member.type_name == "list" else query[key][0]
        elif place == "header":
            value = request.header(key)
        elif place is None and key in body:
            value = _decoded(member, body[key])
        if value is not None or (place is None and key in body):
            asked[name] = value
    return asked


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if body else {}
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise LambdaError("InvalidRequestContentException", 400, "Could not parse request body into json")
    return parsed


def _decoded(shape: Any, value: Any) -> Any:
    """JSON as it is, but for blobs, which travel in base64."""
    if value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _decoded(shape.members[key], part) for key, part in value.items() if key in shape.members}
    if shape.type_name == "blob":
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError):
            raise invalid("a blob is no base64") from None
    return value


def _shaped(operation: Any, answer: dict[str, Any]) -> Response:
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    headers = [("x-amzn-RequestId", str(uuid4()))]
    payload = shape.serialization.get("payload") if shape else None
    body: dict[str, Any] = {}
    for name, member in (shape.members if shape else {}).items():
        value = answer.get(name)
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        if value is None or name == payload:
            continue
        if place == "statusCode":
            status = value
        elif place == "header":
            headers.append((key, str(value)))
        else:
            body[key] = value
    if payload:
        return Response(status, answer.get(payload) or b"", [*headers, ("Content-Type", "application/json")])
    text = json.dumps(body).encode() if shape and status != 204 else b""
    return Response(status, text, [*headers, ("Content-Type", "application/json")])
