"""Publishes on the stage's event bus: verdicts, gates' decisions, and what becomes of rollouts."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import NotFoundError, UnavailableError

SOURCE = "trimtab"

DetailType = Literal["Verdict", "Gate", "Rollout"]


def events_client() -> Any:
    """An EventBridge client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("events", config=Config(connect_timeout=2, read_timeout=5, retries=retries))


class StageEvents:
    """One bus. What is published twice is the same event twice: whoever acts on it reads the registry."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, detail_type: DetailType, detail: Mapping[str, Any], time: datetime) -> None:
        """Publish an event; `time` is when what it tells of happened.

        Raises:
            NotFoundError: there is no such bus.
            UnavailableError: EventBridge did not take it.
        """
        entry = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "Time": time,
        }
        doing = f"publish an event {detail_type} on {self._bus}"
        with translated(doing, {"ResourceNotFoundException": NotFoundError}):
            answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            failed = answer["Entries"][0]
            raise UnavailableError(f"{doing}: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")
