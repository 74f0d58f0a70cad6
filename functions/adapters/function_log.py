"""Searches a function's log in CloudWatch Logs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import NotFoundError


def logs_client() -> Any:
    """A CloudWatch Logs client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 5}  # FilterLogEvents is throttled at a few calls a second
    return boto3.client("logs", config=Config(connect_timeout=3, read_timeout=20, retries=retries))


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of a log. `time_ms` is when it was written, by the clock of who wrote it."""

    id: str
    time_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class LogSearch:
    """What was found, oldest first. `began_ms` is CloudWatch's own time at the begin; None if it did not say."""

    events: Sequence[LogEvent]
    began_ms: int | None


class Logs(Protocol):
    """Logs of functions; `FunctionLogs` says what `search` does and raises."""

    def search(self, function: str, words: Sequence[str], since_ms: int) -> LogSearch: ...


class FunctionLogs:
    """Lambda's log groups, each named by its function."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def search(self, function: str, words: Sequence[str], since_ms: int) -> LogSearch:
        """The events from `since_ms` on that have one of the words in them.

        Raises:
            UnavailableError: CloudWatch Logs did not answer, or does not let us.
        """
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{function}",
            startTime=since_ms,
            # A word with more than letters and digits is quoted; ? is "or".
            filterPattern=" ".join(f'?"{word}"' for word in words),
        )
        events: list[LogEvent] = []
        began_ms = None
        try:
            with translated(f"search the log of {function}", {"ResourceNotFoundException": NotFoundError}):
                for page in pages:
                    began_ms = _answered_ms(page) if began_ms is None else began_ms
                    events += _with(words, page["events"])
        except NotFoundError:
            return LogSearch([], None)  # the function was never deployed, or has not run yet
        events.sort(key=lambda event: event.time_ms)
        return LogSearch(events, began_ms)


def _with(words: Sequence[str], events: Iterable[Mapping[str, Any]]) -> Iterator[LogEvent]:
    """The events that have one of the words in them: moto knows no "or" and answers all."""
    for event in events:
        if any(word in event["message"] for word in words):
            yield LogEvent(event["eventId"], event["timestamp"], event["message"])


def _answered_ms(page: dict[str, Any]) -> int | None:
    date = page.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return None if date is None else round(parsedate_to_datetime(date).timestamp() * 1000)
