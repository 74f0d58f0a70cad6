"""Asks the function `register` to make an upload a version."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.function_calls import asked
from functions.domain.errors import UnavailableError


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
            TrimtabError: it refused: an error of the kind that it names, with its text.
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
        answer = asked(self._client, self._function, event)
        if answer is None:
            raise UnavailableError(f"{self._function} is still at work on {artifact}: ask again")
        return answer


def register_client() -> Any:
    """A Lambda client that waits until `register` has fetched, kept and signed an artifact."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    return boto3.client("lambda", config=Config(connect_timeout=3, read_timeout=180, retries=retries))
