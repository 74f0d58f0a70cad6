"""Asks a stage's management API, each request signed with AWS credentials."""

import json
from collections.abc import Callable, Iterator, Mapping
from time import sleep
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import urllib3
from botocore.credentials import Credentials

from functions.domain.errors import (
    AccessDeniedError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RequestTooLargeError,
    TrimtabError,
    UnavailableError,
    UnsupportedContentTypeError,
)
from trimtab.endpoint import TIMEOUT_S, TOO_MANY_REQUESTS
from trimtab.signing import find_credentials, signed_headers
from trimtab.stage import Stage

MOST_TRIES = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
ERRORS: Mapping[int, type[TrimtabError]] = {
    400: InvalidRequestError,
    401: AccessDeniedError,
    403: AccessDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: RequestTooLargeError,
    415: UnsupportedContentTypeError,
}


class Reading(Protocol):
    """All of `Management` that a command needs which only reads one thing."""

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]: ...


class Management:
    """The management API of one stage; docs/management-api.md lists its calls.

    Signs with `credentials`; without any as the local cloud's own account there, and as boto3 would anywhere else.
    Every call raises the error that the API's status stands for, with the API's own text: InvalidRequestError,
    AccessDeniedError, NotFoundError, ConflictError, or UnavailableError where it does not answer after all tries.

    Raises:
        NotFoundError: the stage has no management API.
        UnavailableError: there are no AWS credentials.
    """

    def __init__(
        self, stage: Stage, pause: Callable[[float], None] = sleep, credentials: Credentials | None = None
    ) -> None:
        self._url = find_url(stage)
        self._region = stage.names.region
        self._credentials = credentials or find_credentials(stage)
        self._pool = urllib3.PoolManager(timeout=TIMEOUT_S, retries=False)
        self._pause = pause

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """The answer to a GET, such as `get("/models/flights/versions", limit=10)`; None leaves a parameter out."""
        given = {name: value for name, value in query.items() if value is not None}
        # As Signature Version 4 wants it: %20 for a space, and each name once.
        asked = f"?{urlencode(given, quote_via=quote)}" if given else ""
        return self._asked("GET", path + asked, None, {})

    def pages(self, path: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page."""
        after: str | None = None
        while True:
            page = self.get(path, **query, after=after)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def post(self, path: str, body: Mapping[str, Any] | None = None, if_match: str | None = None) -> dict[str, Any]:
        """The answer to a POST; with `if_match` it is done to nothing but what that ETag names."""
        encoded = json.dumps(body or {}, ensure_ascii=False, allow_nan=False).encode()
        headers = {} if if_match is None else {"If-Match": if_match}
        return self._asked("POST", path, encoded, {"Content-Type": "application/json", **headers})

    def _asked(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        """What was throttled was not done, so it is sent again; what broke otherwise, only where it changes nothing."""
        for number in range(MOST_TRIES):
            pause = min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S)
            last = number == MOST_TRIES - 1
            try:
                response = self._sent(method, path, body, headers)
            except urllib3.exceptions.HTTPError as error:
                if last or method != "GET":
                    raise UnavailableError(f"{self._url} does not answer: {error}") from error
            else:
                again = response.status == TOO_MANY_REQUESTS or (method == "GET" and response.status >= 500)
                if last or not again:
                    return _checked(response)
                pause = max(pause, float(response.headers.get("Retry-After", 0)))
            self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def _sent(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        url = self._url + path
        signed = signed_headers(self._credentials, self._region, method, url, body, headers)
        return self._pool.request(method, url, body=body, headers=signed)


def find_url(stage: Stage) -> str:
    """The URL of a stage's management API, without a slash at its end.

    Raises:
        NotFoundError: the platform stack is not deployed, or is older than the API.
    """
    name = stage.names.management_url_parameter
    found = stage.client("ssm").get_parameters(Names=[name])["Parameters"]
    if not found:
        raise NotFoundError(f"stage {stage.name} has no management API: deploy its platform stack, see docs/on-aws.md")
    return str(found[0]["Value"]).rstrip("/")


def part(text: str | int) -> str:
    """A part of a path, such as a model's name, with all that would end it escaped."""
    return quote(str(text), safe="")


def _checked(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(response.data)
    except ValueError:
        raise UnavailableError(f"the management API answered {response.status} with no JSON in it") from None
    if response.status < 300:
        return answer
    raise ERRORS.get(response.status, UnavailableError)(str(answer.get("error", answer)))
