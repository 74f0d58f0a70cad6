"""Finds the records that no stream took, in the logs of the functions that had them.

A log is read from a cursor on, and again for a while before it: CloudWatch shows an event some time after it was
written. The cursor follows CloudWatch's own clock, as the events' times do. It waits for the missing parts of a long
record, but not for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from functions.adapters.function_log import LogEvent, Logs
from functions.compact.ledger import Ledger, Rescued
from functions.domain.errors import CorruptArtifactError
from functions.domain.logged_record import LOG_MARKER, LOG_PART_MARKER, LoggedRecord, logged
from functions.domain.names import RecordKind

WORDS = (LOG_MARKER.strip(), LOG_PART_MARKER.strip())
LOOK_BACK_MS = 3_600_000
WAIT_FOR_PARTS_MS = 24 * 3_600_000


class Found(NamedTuple):
    """A logged record, or with `error` a line that should be one; `source` names its log event."""

    kind: RecordKind
    source: str
    line: bytes
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Rescue:
    """`rescued` is where each log stands once the records are in the table."""

    found: list[Found]
    rescued: Mapping[str, Rescued]


def rescue(logs: Logs, functions: Iterable[str], ledger: Ledger, since_ms: int | None = None) -> Rescue:
    """What the logs hold beyond the ledger; with `since_ms` all that was logged from then on.

    Raises:
        UnavailableError: CloudWatch Logs did not answer.
    """
    found: list[Found] = []
    rescued: dict[str, Rescued] = {}
    for function in functions:
        before = ledger.rescued.get(function, Rescued())
        search = logs.search(function, WORDS, before.cursor_ms if since_ms is None else since_ms)
        known = frozenset(before.events) if since_ms is None else frozenset()
        newest = max([search.began_ms or 0, *(event.time_ms for event in search.events[-1:])])
        log = _Log(event for event in search.events if event.id not in known)
        log.give_up(before_ms=newest - WAIT_FOR_PARTS_MS)
        found += log.found
        waiting = {event.id: event.time_ms for event in log.waiting}
        cursor = max(before.cursor_ms, min([newest - LOOK_BACK_MS, *waiting.values()]))
        done = (event.id for event in search.events if event.time_ms >= cursor and event.id not in waiting)
        rescued[function] = Rescued(cursor, tuple(sorted(done)))
    return Rescue(found, rescued)


class _Log:
    """The records in the events of one log."""

    def __init__(self, events: Iterable[LogEvent]) -> None:
        self.found: list[Found] = []
        self._parts: dict[tuple[RecordKind, str], dict[int, tuple[str, LogEvent]]] = {}
        for event in events:
            self._take(event)

    @property
    def waiting(self) -> list[LogEvent]:
        """The events of records whose other parts are missing."""
        return [event for parts in self._parts.values() for _, event in parts.values()]

    def give_up(self, before_ms: int) -> None:
        """Wait no longer for the parts of records of which one came before that time."""
        for (kind, key), parts in list(self._parts.items()):
            if min(event.time_ms for _, event in parts.values()) < before_ms:
                del self._parts[kind, key]
                for number, (_, event) in sorted(parts.items()):
                    self.found.append(Found(kind, event.id, _bytes(event.text), f"part {number}; others are missing"))

    def _take(self, event: LogEvent) -> None:
        try:
            record = logged(event.text)
        except CorruptArtifactError as error:
            self.found.append(Found("predictions", event.id, _bytes(event.text), str(error)))
            return
        if isinstance(record, LoggedRecord):
            self.found.append(Found(record.kind, event.id, _bytes(record.line)))
        elif record is not None:
            parts = self._parts.setdefault((record.kind, record.key), {})
            parts[record.number] = (record.piece, event)
            if len(parts) == record.parts:
                del self._parts[record.kind, record.key]
                whole = "".join(piece for _, (piece, _) in sorted(parts.items()))
                self.found.append(Found(record.kind, event.id, _bytes(whole)))


def _bytes(text: str) -> bytes:
    """UTF-8; half a character stays, and is found where the record is read."""
    return text.encode("utf-8", "surrogatepass")
