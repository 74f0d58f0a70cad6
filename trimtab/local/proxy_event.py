"""API Gateway's proxy integration with Lambda: the event of a request, and the response of a function's answer."""

import base64
import binascii
import fnmatch
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from trimtab.local.http_message import Request, Response
from trimtab.local.routes import Api, Method

NOT_PASSED = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect",
                        "proxy-authenticate", "proxy-authorization", "content-length"})  # fmt: skip
IDENTITY = dict.fromkeys(
    (
        "cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller", "sourceIp", "principalOrgId", "accessKey",
        "cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn", "userAgent", "user",
    )
)  # fmt: skip


class MalformedAnswerError(Exception):
    """The function's answer is no proxy response: API Gateway makes a 502 of it."""


def proxy_event(
    request: Request,
    api: Api,
    method: Method,
    parameters: Mapping[str, str],
    identity: Mapping[str, str | None],
    *,
    account: str,
    request_id: str,
    trace_id: str,
    epoch_ms: int,
) -> dict[str, Any]:
    """The event, version 1.0, as a Lambda function behind a REST API gets it."""
    headers = [(name, value) for name, value in request.headers if name.lower() not in NOT_PASSED]
    headers += [("X-Amzn-Trace-Id", trace_id), ("X-Forwarded-For", request.peer), ("X-Forwarded-Proto", "http")]
    query = parse_qsl(request.query, keep_blank_values=True)
    body, encoded = _body(request, api.binary_types)
    path = "/" + request.raw_path.lstrip("/").partition("/")[2]
    host = request.header("host") or ""
    return {
        "resource": method.resource_path,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": dict(api.variables) if api.variables else None,
        "requestContext": {
            "resourceId": method.resource_id,
            "resourcePath": method.resource_path,
            "httpMethod": request.method,
            "extendedRequestId": request_id.replace("-", "")[:15] + "=",
            "requestTime": datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "path": f"/{api.stage}{path}",
            "accountId": account,
            "protocol": "HTTP/1.1",
            "stage": api.stage,
            "domainPrefix": api.id,
            "requestTimeEpoch": epoch_ms,
            "requestId": request_id,
            "identity": {
                **IDENTITY,
                "sourceIp": request.peer,
                "userAgent": request.header("user-agent"),
                **identity,
            },
            "domainName": host,
            "deploymentId": api.deployment_id,
            "apiId": api.id,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def proxy_response(payload: bytes, binary_types: Sequence[str]) -> Response:
    """The HTTP response that a function's answer asks for.

    Raises:
        MalformedAnswerError: it is no proxy response.
    """
    try:
        answer = json.loads(payload)
        status = answer["statusCode"]
        body = answer.get("body")
        if isinstance(status, bool) or not 100 <= int(status) <= 599:
            raise MalformedAnswerError(f"statusCode {status!r}")
        if body is not None and not isinstance(body, str):
            raise MalformedAnswerError("the body is no string")
        headers = _answer_headers(answer)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedAnswerError(repr(error)) from error
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "application/json")
    if answer.get("isBase64Encoded") and _is_binary(content_type, binary_types):
        try:
            data = base64.b64decode(body or "", validate=True)
        except binascii.Error as error:
            raise MalformedAnswerError("the body is no base64") from error
    else:
        data = (body or "").encode()
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    return Response(int(status), data, headers)


def _answer_headers(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    single, several = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    headers = [(name, value) for name, values in several.items() for value in values]
    headers += [(name, value) for name, value in single.items() if name not in several]
    if not all(isinstance(value, str | int | float) for _, value in headers):
        raise MalformedAnswerError("a header's value is no text")
    return [(name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in headers]


def _body(request: Request, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if _is_binary(request.header("content-type") or "application/json", binary_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", errors="replace"), False


def _is_binary(content_type: str, binary_types: Sequence[str]) -> bool:
    plain = content_type.split(";")[0].strip().lower()
    return any(fnmatch.fnmatchcase(plain, pattern.lower()) or pattern == "*/*" for pattern in binary_types)


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
