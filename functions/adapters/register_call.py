"""Asks the function `register` to make an upload a version."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    InvalidRequestError,
    NotFoundError,
    TrimtabError,
    UnavailableError,
)

_KINDS: Mapping[str, type[TrimtabError]] = {
    kind.__name__: kind for kind in (ConflictError, CorruptArtifactError, InvalidRequestError, NotFoundError)
}


class RegisterCall:
    """One function; asking it again does nothing that was done."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def register(
        self,
        model: str,
        artifact: str,
        author: str,
        person: str | None,
        time: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What `functions/register/register.py` answers.

        Raises:
            InvalidRequestError, NotFoundError, CorruptArtifactError, ConflictError: as it raises them.
            UnavailableError: Lambda did not answer, or the function failed: ask again.
        """
        event = {
            "action": "register",
            "model": model,
            "artifact": artifact,
            "author": author,
            "person": person,
            "time": time,
            "evidence": evidence,
        }
        with translated(f"ask {self._function} to register {artifact}"):
            response = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event).encode())
            body = response["Payload"].read()
        try:
            answer = json.loads(body)
        except ValueError:
            answer = body[:200].decode(errors="replace")
        if not isinstance(answer, dict) or "FunctionError" in response:
            raise UnavailableError(f"{self._function} failed at {artifact}: {answer!r:.500}")
        if "error" in answer:
            raise _KINDS.get(str(answer.get("kind")), UnavailableError)(str(answer["error"]))
        return answer


def register_client() -> Any:
    """A Lambda client that waits until `register` has fetched, kept and signed an artifact."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    return boto3.client("lambda", config=Config(connect_timeout=3, read_timeout=180, retries=retries))
