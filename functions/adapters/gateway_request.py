"""What arrives from API Gateway: one REST proxy event, and what the functions behind it need of it."""

import binascii
from collections.abc import Mapping
from typing import Any, Final

import orjson

from functions.domain.errors import InvalidRequestError, RequestTooLargeError, UnsupportedContentTypeError
from functions.domain.prediction_id import request_id

JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"
HEADER_LENGTH: Final = "inference-header-content-length"


class Request:
    """One HTTP request. Header names are lower case here; the gateway passes them as the client wrote them.

    `id` tells its own time, unlike the gateway's, with which it shares its end. `client` is an API key's id or a
    signature's identity, `signer` the latter alone.

    Raises:
        InvalidRequestError: the event is not of API Gateway.
    """

    __slots__ = ("client", "event", "headers", "id", "method", "signer", "source", "time")

    def __init__(self, event: Mapping[str, Any]) -> None:
        try:
            context = event["requestContext"]
            self.time: int = context["requestTimeEpoch"]
            self.id = request_id(context["requestId"], self.time)
            self.method: str = event["httpMethod"]
            identity = context.get("identity") or {}
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidRequestError(f"the event is not API Gateway's: {error!r} is missing") from error
        self.signer: str | None = identity.get("userArn")
        self.client: str | None = identity.get("apiKeyId") or self.signer
        self.source = "smoke" if event.get("trimtab_source") == "smoke" else "api"
        self.headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        self.event = event

    @property
    def path(self) -> str:
        """The path below the API's stage and below a custom domain's base path."""
        path: str = self.event.get("resource") or self.event.get("path") or "/"
        if "{" in path:
            for name, value in (self.event.get("pathParameters") or {}).items():
                path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
        return path

    def json(self, max_body: int) -> Any:
        """The body, parsed; a body without a content type is taken for JSON.

        Raises:
            UnsupportedContentTypeError: it is said to be something else.
            RequestTooLargeError: it is longer than `max_body` bytes.
            InvalidRequestError: it is not JSON.
        """
        self._check_content_type(JSON)
        return parse_json(self.body(max_body))

    def parts(self, max_body: int) -> tuple[Any, memoryview | None]:
        """The body of an inference request: the JSON object, and the binary tensors behind it if there are any.

        Raises:
            As `json`; InvalidRequestError also if Inference-Header-Content-Length is not that of a JSON object.
        """
        length = self.headers.get(HEADER_LENGTH)
        if length is None:
            return self.json(max_body), None
        self._check_content_type(JSON, BINARY)
        body = self.body(max_body)
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        if not (isinstance(length, str) and length.isascii() and length.isdigit() and len(length) < 12):
            raise InvalidRequestError(
                "Inference-Header-Content-Length should be the length of the JSON object in bytes"
            )
        end = int(length)
        if not 0 < end <= len(raw):
            raise InvalidRequestError(
                f"Inference-Header-Content-Length is {end}, but the body has {len(raw)} bytes: "
                "it should be the length of the JSON object at the body's start"
            )
        return parse_json(raw[:end]), memoryview(raw)[end:]

    def body(self, max_body: int) -> str | bytes:
        """The body as it came: text, or bytes if the gateway passed it base64-encoded.

        Raises:
            RequestTooLargeError: it is longer than `max_body` bytes.
            InvalidRequestError: it is missing, or wrongly encoded.
        """
        body = self.event.get("body")
        if not body or not isinstance(body, str):
            raise InvalidRequestError("the request has no body; send a JSON object")
        if self.event.get("isBase64Encoded"):
            try:
                raw = binascii.a2b_base64(body)
            except ValueError as error:
                raise InvalidRequestError(f"the body is not base64: {error}") from error
            _check_size(len(raw), max_body)
            return raw
        if len(body) * 4 > max_body:  # a character takes at most four bytes
            _check_size(len(body.encode("utf-8", "surrogatepass")), max_body)
        return body

    def _check_content_type(self, *accepted: str) -> None:
        headers = self.headers
        if encoding := headers.get("content-encoding"):
            raise UnsupportedContentTypeError(f"Content-Encoding {encoding!r} is not read; send the body uncompressed")
        given = headers.get("content-type")
        if not given or given in accepted:
            return
        kind, _, parameters = given.partition(";")
        kind, parameters = kind.strip().lower(), parameters.strip().lower().replace('"', "")
        if kind == BINARY and BINARY not in accepted:
            raise UnsupportedContentTypeError(
                f"a body of {BINARY} is read by an infer call only, and with Inference-Header-Content-Length"
            )
        if kind not in accepted:
            raise UnsupportedContentTypeError(f"Content-Type {given[:80]!r} is not read; send {JSON}")
        if parameters.startswith("charset=") and parameters.removeprefix("charset=") not in ("utf-8", "utf8"):
            raise UnsupportedContentTypeError(f"Content-Type {given[:80]!r} is not read; send UTF-8")


def parse_json(text: str | bytes) -> Any:
    """Parse a JSON body.

    Raises:
        InvalidRequestError: it is not JSON (RFC 8259, so no NaN or Infinity), or nested too deep.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is not JSON: {error}") from error


def _check_size(size: int, max_body: int) -> None:
    if size > max_body:
        raise RequestTooLargeError(
            f"the body has {size} bytes; at most {max_body} are allowed: send fewer rows a request"
        )
