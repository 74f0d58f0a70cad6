"""One request to the management API: who asks, when, of what, and with which words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from functions.adapters.gateway_request import Request
from functions.domain.caller import Caller, caller_of
from functions.domain.errors import AccessDeniedError, InvalidRequestError, NotFoundError

MAX_BODY = 65_536  # bytes: a manifest and a comment are far smaller
LONGEST_TEXT = 1_000
_MODEL = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NUMBER = re.compile(r"[1-9][0-9]{0,7}")


@dataclass(frozen=True, slots=True)
class ManageRequest:
    """`path` has its parameters, decoded; `query` those behind the question mark. `at` is the gateway's clock's."""

    caller: Caller
    at: datetime
    path: Mapping[str, str]
    query: Mapping[str, str]
    if_match: str | None
    request: Request

    @classmethod
    def from_request(cls, request: Request) -> "ManageRequest":
        """Read what the gateway passed on.

        Raises:
            AccessDeniedError: nobody signed it.
        """
        if request.signer is None:
            raise AccessDeniedError("every call here is signed with AWS Signature Version 4, for execute-api")
        return cls(
            caller_of(request.signer),
            datetime.fromtimestamp(request.time / 1000, UTC),
            {name: unquote(value) for name, value in (request.event.get("pathParameters") or {}).items()},
            request.event.get("queryStringParameters") or {},
            request.headers.get("if-match"),
            request,
        )

    @property
    def time(self) -> str:
        """When it came: ISO 8601 in UTC, to the millisecond."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.at.microsecond // 1000:03d}Z"

    @property
    def model(self) -> str:
        """The model that it is about, by a name that a model may have.

        Raises:
            NotFoundError: no model may have that name.
        """
        model = self.path["model"]
        if not _MODEL.fullmatch(model):
            raise NotFoundError(f"there is no model {model[:80]!r}")
        return model

    def about(self, model: str) -> "ManageRequest":
        """The same request, about a model that its path does not name."""
        return replace(self, path={**self.path, "model": model})

    def number(self, name: str) -> int:
        """A path parameter that is the number of a version or a release.

        Raises:
            NotFoundError: nothing has that number.
        """
        text = self.path[name]
        if not _NUMBER.fullmatch(text):
            raise NotFoundError(f"{self.model} has no {name} {text[:80]!r}")
        return int(text)

    def json(self, *known: str) -> dict[str, Any]:
        """The body: an object with none but these fields; empty where there is no body.

        Raises:
            InvalidRequestError: it is none; UnsupportedContentTypeError, RequestTooLargeError: as they say.
        """
        if not self.request.event.get("body"):
            return {}
        body = self.request.json(MAX_BODY)
        if not isinstance(body, dict):
            raise InvalidRequestError("the body must be a JSON object")
        odd = next((name for name in body if name not in known), None)
        if odd is not None:
            takes = ", ".join(known) or "no fields"
            raise InvalidRequestError(f"the field {odd[:80]!r} is unknown: this call takes {takes}")
        return body


def text(body: Mapping[str, Any], name: str, longest: int = LONGEST_TEXT) -> str:
    """A field that must be text: one line, not blank.

    Raises:
        InvalidRequestError: it is missing, or something else.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{name} is missing: it must be text")
    if len(value) > longest or not value.isprintable():
        raise InvalidRequestError(f"{name} must be one line of at most {longest} printable characters")
    return value


def flag(body: Mapping[str, Any], name: str, otherwise: bool) -> bool:
    """A field that is true or false.

    Raises:
        InvalidRequestError: it is something else.
    """
    value = body.get(name, otherwise)
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} must be true or false")
    return value


def optional_text(body: Mapping[str, Any], name: str) -> str | None:
    """As `text`; None where it is missing or null."""
    return None if body.get(name) is None else text(body, name)
