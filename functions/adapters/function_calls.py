"""Asks another function of the stage for something, and waits as long as a client of an API can."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from functions.adapters.aws_errors import translated
from functions.domain import errors
from functions.domain.errors import ConflictError, NotFoundError, TrimtabError, UnavailableError
from functions.domain.names import Names

WAIT_S = 22  # API Gateway waits 29 for all of a call
_KNOWN = {"ResourceNotFoundException": NotFoundError, "TooManyRequestsException": ConflictError}


def calls_client() -> Any:
    """A Lambda client that asks once: what is still at work must not be asked for twice."""
    config = Config(connect_timeout=2, read_timeout=WAIT_S, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=config)


class FunctionCalls:
    """The functions of one stage, by their verb."""

    def __init__(self, client: Any, names: Names) -> None:
        self._client = client
        self._names = names

    def call(self, verb: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a function answers to an event; None where it is still at work, which it then goes on with.

        Raises:
            TrimtabError: it refused: an error of the kind that it names, with its text.
            NotFoundError: there is no such function; ConflictError: it is busy.
            UnavailableError: it failed, or Lambda did not answer.
        """
        return asked(self._client, self._names.function(verb), event)


def asked(client: Any, function: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `FunctionCalls.call`, of a function by its whole name; how long is waited is the client's matter."""
    try:
        with translated(f"ask {function}", _KNOWN):
            response = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            body = response["Payload"].read()
    except UnavailableError as error:
        if isinstance(error.__cause__, ReadTimeoutError):
            return None
        raise
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body[:200].decode(errors="replace")
    if not isinstance(answer, dict):
        raise UnavailableError(f"{function} answered {answer!r:.300}")
    if "FunctionError" in response:
        raise _kind(answer.get("errorType"))(f"{function}: {answer.get('errorMessage', answer)}")
    if "error" in answer:
        raise _kind(answer.get("kind"))(str(answer["error"]))
    return answer


def _kind(name: object) -> type[TrimtabError]:
    """The error of ours of that name; of none, a service's that failed."""
    found = vars(errors).get(name) if isinstance(name, str) else None
    return found if isinstance(found, type) and issubclass(found, TrimtabError) else UnavailableError
