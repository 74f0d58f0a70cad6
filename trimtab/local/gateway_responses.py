"""What the gateway answers itself: the template's responses, API Gateway's own where it has none."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.local.http_message import Response

VARIABLE = re.compile(r"\$(?:context|stageVariables)\.([A-Za-z.]+[A-Za-z])|\$\{context\.([A-Za-z.]+)\}")


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """The gateway answers instead of the function. `kind` is API Gateway's response type."""

    kind: str
    message: str
    status: int
    error_type: str


def refusal(kind: str, message: str | None = None, status: int | None = None) -> Refusal:
    """A refusal with API Gateway's own status and words, unless told others."""
    own_status, own_message, error_type = KINDS[kind]
    return Refusal(kind, message or own_message, status or own_status, error_type)


KINDS: dict[str, tuple[int, str, str]] = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource", "AccessDeniedException"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error", "InternalServerErrorException"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal server error", "AuthorizerConfigurationException"),
    "BAD_REQUEST_BODY": (400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": (400, "Missing required request parameters", "BadRequestException"),
    "DEFAULT_4XX": (400, "Bad Request", "BadRequestException"),
    "DEFAULT_5XX": (500, "Internal server error", "InternalServerErrorException"),
    "EXPIRED_TOKEN": (403, "The security token included in the request is expired", "ExpiredTokenException"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": (
        403,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.",
        "InvalidSignatureException",
    ),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestEntityTooLargeException"),
    "THROTTLED": (429, "Too Many Requests", "TooManyRequestsException"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", "BadRequestException"),
    "WAF_FILTERED": (403, "Forbidden", "ForbiddenException"),
}
PLAIN = {"application/json": '{"message":$context.error.messageString}'}


def shaped(refused: Refusal, responses: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> Response:
    """The answer to a client, by the API's own gateway responses."""
    default = "DEFAULT_5XX" if refused.status >= 500 else "DEFAULT_4XX"
    chosen = responses.get(refused.kind) or responses.get(default) or {}
    values = {
        **context,
        "error.message": refused.message,
        "error.messageString": json.dumps(refused.message),
        "error.responseType": refused.kind,
    }
    content_type, template = next(iter((chosen.get("ResponseTemplates") or PLAIN).items()))
    headers = [("Content-Type", content_type), ("x-amzn-ErrorType", refused.error_type)]
    for target, source in (chosen.get("ResponseParameters") or {}).items():
        place, _, name = target.partition("gatewayresponse.header.")
        if not place and name:
            value = source.strip("'") if source.startswith("'") else values.get(source.removeprefix("context."), "")
            headers.append((name, value))
    return Response(int(chosen.get("StatusCode") or refused.status), fill(template, values).encode(), headers)


def fill(template: str, values: Mapping[str, str]) -> str:
    """A mapping or log template with its $context variables put in; what is not known is `-`."""
    return VARIABLE.sub(lambda match: str(values.get(match[1] or match[2], "-")), template)
