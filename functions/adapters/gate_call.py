"""Asks the function `gate` how a challenger compares with its champion since a rollout began."""

from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.function_calls import asked
from functions.domain.errors import TrimtabError, UnavailableError
from functions.domain.rollout import Rollout


class GateCall:
    """One function; it recomputes everything from the log's table each time, and keeps nothing."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def compare(self, rollout: Rollout, time: str) -> dict[str, Any]:
        """The gate's answer, as `domain.rollout_judgement.Comparison` reads it.

        Raises:
            UnavailableError: Lambda did not answer, or the gate failed or refused.
        """
        event = {
            "action": "canary",
            "model": rollout.model,
            "time": time,
            "champion": rollout.champion,
            "challenger": rollout.release,
            "since": rollout.started_at,
        }
        failed = f"{self._function} could not compare releases of {rollout.model}"
        try:
            answer = asked(self._client, self._function, event)
        except TrimtabError as error:  # of whatever kind: there is no evidence, which stops no other model's run
            raise UnavailableError(f"{failed}: {error!s:.500}") from error
        if answer is None:
            raise UnavailableError(f"{failed}: it is still at work")
        return answer


def gate_client() -> Any:
    """A Lambda client that waits as long as the gate may take to re-score a rollout's rows."""
    retries = {"mode": "standard", "total_max_attempts": 1}
    return boto3.client("lambda", config=Config(connect_timeout=3, read_timeout=600, retries=retries))
