"""What API Gateway itself answers when no function is reached: JSON `{"error": …}` for each kind, as functions do."""

import json
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

# The one text of API Gateway's that we pass on; it is JSON, quoted and escaped.
_GATEWAYS_OWN_MESSAGE = '{"error": $context.error.messageString}'


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """One kind of answer; `status` None keeps API Gateway's code, `error` None API Gateway's own message."""

    kind: str
    status: int | None
    error: str | None
    retry_after: int | None = None

    @property
    def template(self) -> str:
        return _GATEWAYS_OWN_MESSAGE if self.error is None else json.dumps({"error": self.error})

    def add_to(self, api: apigateway.RestApi) -> None:
        headers = {} if self.retry_after is None else {"Retry-After": f"'{self.retry_after}'"}
        api.add_gateway_response(
            f"Response{self.kind.title().replace('_', '')}",
            type=apigateway.ResponseType.of(self.kind),
            status_code=None if self.status is None else str(self.status),
            response_headers=headers or None,
            templates={"application/json": self.template},
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """What differs between our APIs in what API Gateway answers for them."""

    who: str  # answers
    signed: str  # which calls must be signed, after "this call must be signed …"
    less: str  # how a client asks for less at once
    types: str  # of content that is read


SERVING = Wording(
    "the model",
    ", as labels and observations always are",
    "send fewer rows a request",
    "application/json or application/octet-stream",
)
MANAGEMENT = Wording("the management API", ", as every call here is", "ask for less at once", "application/json")


def gateway_responses(words: Wording) -> tuple[GatewayResponse, ...]:
    """All kinds that API Gateway knows; those that it doesn't name fall to DEFAULT_4XX and DEFAULT_5XX."""
    nothing_here = "nothing is at this path with this method: /openapi.json lists what is"
    # An unknown path and a call without its signature are one kind to API Gateway: the answer must do for both.
    unsigned = (
        f"either this call must be signed with AWS Signature Version 4 for execute-api{words.signed}; or {nothing_here}"
    )
    ours = "the API is misconfigured: its owner must look at its logs"
    return (
        GatewayResponse(
            "ACCESS_DENIED", 403, "this caller may not do this: its policy must allow execute-api:Invoke on the call"
        ),
        GatewayResponse("API_CONFIGURATION_ERROR", 500, ours),
        GatewayResponse("AUTHORIZER_CONFIGURATION_ERROR", 500, ours),
        GatewayResponse("AUTHORIZER_FAILURE", 500, ours),
        GatewayResponse("BAD_REQUEST_BODY", 400, None),
        GatewayResponse("BAD_REQUEST_PARAMETERS", 400, None),
        GatewayResponse("DEFAULT_4XX", None, None),
        GatewayResponse("DEFAULT_5XX", None, f"{words.who} could not answer: try again in a second", retry_after=1),
        GatewayResponse("EXPIRED_TOKEN", 403, "the security token of the signature has expired: get a new one"),
        GatewayResponse(
            "INTEGRATION_FAILURE", 503, f"{words.who} can't be reached: try again in a second", retry_after=1
        ),
        GatewayResponse("INTEGRATION_TIMEOUT", 504, f"{words.who} took too long: {words.less}"),
        GatewayResponse("INVALID_API_KEY", 403, "the header x-api-key is missing or holds no key of this API"),
        GatewayResponse("INVALID_SIGNATURE", 403, "the request's signature is wrong: check key, region and clock"),
        GatewayResponse("MISSING_AUTHENTICATION_TOKEN", 403, unsigned),
        GatewayResponse("QUOTA_EXCEEDED", 429, "today's quota of this API key is used up", retry_after=3600),
        GatewayResponse("REQUEST_TOO_LARGE", 413, f"the body is too large: {words.less}"),
        GatewayResponse("RESOURCE_NOT_FOUND", 404, nothing_here),
        GatewayResponse("THROTTLED", 429, "too many requests: wait a second", retry_after=1),
        GatewayResponse("UNAUTHORIZED", 401, "not authorised"),
        GatewayResponse("UNSUPPORTED_MEDIA_TYPE", 415, f"the content type must be {words.types}"),
        GatewayResponse("WAF_FILTERED", 403, "the request was refused by the firewall"),
    )
