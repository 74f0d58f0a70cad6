"""Which call answers which path, and what becomes of errors: a status that says whose turn it is, and one line."""

from collections.abc import Mapping
from typing import Any

from functions.adapters.gateway_answer import Answer, json_answer, method_not_allowed
from functions.adapters.gateway_request import Request
from functions.domain.errors import (
    AccessDeniedError,
    ConflictError,
    CorruptArtifactError,
    InvalidRequestError,
    NoReleaseError,
    NotFoundError,
    RequestTooLargeError,
    SmokeTestError,
    TrimtabError,
    UnsupportedContentTypeError,
)
from functions.domain.management_calls import CALLS
from functions.manage.calls import ANSWERING, Answering
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

# An error of a kind that is not here is one of its nearest kin; of none, a service's that failed: ask again.
STATUS: Mapping[type[TrimtabError], int] = {
    InvalidRequestError: 400,
    RequestTooLargeError: 413,
    UnsupportedContentTypeError: 415,
    AccessDeniedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    NoReleaseError: 409,
    CorruptArtifactError: 409,  # what is kept contradicts what was registered: asking again does not help
    SmokeTestError: 409,
    TrimtabError: 503,
}
LARGEST = 5_500_000  # bytes: Lambda hands back 6 MiB
LONGEST = 2_000  # characters of an error, which may repeat what was sent


class Api:
    """Finds the call for a request and turns errors into answers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._routes: dict[str, dict[str, Answering]] = {}
        for call in CALLS:
            self._routes.setdefault(call.path, {})[call.method] = ANSWERING[call.name]

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one API Gateway event. What is wrong with the request is in the answer, never raised."""
        try:
            request = Request(event)
            methods = self._routes.get(event.get("resource") or "")
            if methods is None:
                raise NotFoundError(f"there is no {request.path[:100]!r} here; see /openapi.json for what there is")
            call = methods.get(request.method)
            if call is None:
                return method_not_allowed(request.method, ", ".join(sorted(methods)))
            return _small_enough(call(ManageRequest.from_request(request), self._tools))
        except TrimtabError as error:
            return _refusal(error)


def _small_enough(answer: Answer) -> Answer:
    if len(answer["body"]) > LARGEST:
        raise InvalidRequestError(f"the answer has over {LARGEST:,} bytes: ask for less, with limit or rows")
    return answer


def _refusal(error: TrimtabError) -> Answer:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    text = str(error)[:LONGEST].encode("utf-8", "replace").decode()  # half a character is none of JSON's
    return json_answer({"error": text}, status)
