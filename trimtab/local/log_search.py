"""FilterLogEvents of CloudWatch Logs: moto knows no "or" in a pattern, and takes a new filter for each event.

Patterns for lines that are no JSON: terms and "phrases in quotes" that must all be there, -terms that must not, and of
?terms one at least. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from trimtab.local.http_message import Request, Response
from trimtab.local.moto_app import Moto

OPERATION = "FilterLogEvents"
MOST_EVENTS = 10_000
TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.:/@#=-]+))(?:\s+|$)')
KNOWN = frozenset(
    {"logGroupName", "logStreamNames", "logStreamNamePrefix", "startTime", "endTime", "filterPattern", "nextToken",
     "limit", "interleaved"}
)  # fmt: skip


class BadRequestError(Exception):
    """An error answer of CloudWatch Logs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class LogSearch:
    """Answers from the events that moto keeps."""

    moto: Moto
    account: str
    region: str

    def answer(self, request: Request) -> Response:
        """The answer to a FilterLogEvents call; a page holds up to 10,000 events, oldest first."""
        try:
            return _json(200, self._found(json.loads(request.body or b"{}")))
        except BadRequestError as error:
            return _json(400, {"__type": error.code, "message": str(error)})

    def _found(self, asked: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(asked) - KNOWN):
            raise BadRequestError("InvalidParameterException", f"the local cloud does not do {', '.join(unknown)}")
        matches, limit = pattern(asked.get("filterPattern") or ""), int(asked.get("limit") or MOST_EVENTS)
        if not 1 <= limit <= MOST_EVENTS:
            raise BadRequestError("InvalidParameterException", f"limit must be from 1 to {MOST_EVENTS}")
        with self.moto.lock:
            group = self.moto.backend("logs", self.account, self.region).groups.get(asked["logGroupName"])
            if group is None:
                raise BadRequestError("ResourceNotFoundException", "The specified log group does not exist.")
            events = [event for name, stream in group.streams.items() if _wanted(asked, name)
                      for event in _between(stream, name, asked, matches)]  # fmt: skip
        events.sort(key=lambda event: (event["timestamp"], int(event["eventId"])))
        first = int(asked.get("nextToken") or 0)
        page = list(islice(events, first, first + limit))
        more = {"nextToken": str(first + limit)} if first + limit < len(events) else {}
        return {"events": page, "searchedLogStreams": [], **more}


def pattern(text: str) -> Callable[[str], bool]:
    """What a filter pattern says of a line.

    Raises:
        BadRequestError: it is of a kind that the local cloud does not know.
    """
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position, text = 0, text.strip()
    while position < len(text):
        match = TERM.match(text, position)
        if match is None:
            raise BadRequestError("InvalidParameterException", f"the local cloud does not know the pattern {text!r}")
        word = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        terms[match[1]].append(word)
        position = match.end()
    every, either, never = terms[""], _shortest(terms["?"]), terms["-"]
    if len(either) == 1:
        every, either = [*every, *either], []
    if len(every) == 1 and not either and not never:
        word = every[0]
        return lambda line: word in line  # asked of every line of a log, again and again

    def matches(line: str) -> bool:
        return (
            all(word in line for word in every)
            and (not either or any(word in line for word in either))
            and not any(word in line for word in never)
        )

    return matches


def _shortest(words: list[str]) -> list[str]:
    """Of alternatives those that hold no other one: whatever has the longer word has the shorter one too."""
    return [word for word in dict.fromkeys(words) if not any(other != word and other in word for other in words)]


def _wanted(asked: dict[str, Any], stream: str) -> bool:
    names, prefix = asked.get("logStreamNames"), asked.get("logStreamNamePrefix") or ""
    return (not names or stream in names) and stream.startswith(prefix)


def _between(stream: Any, name: str, asked: dict[str, Any], matches: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    start, end = asked.get("startTime") or 0, asked.get("endTime") or 2**62
    for event in stream.events:
        if start <= event.timestamp <= end and matches(event.message):
            yield {"logStreamName": name, "timestamp": event.timestamp, "message": event.message,
                   "ingestionTime": event.ingestion_time, "eventId": str(event.event_id)}  # fmt: skip


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(status, json.dumps(body).encode(), [("Content-Type", "application/x-amz-json-1.1")])
