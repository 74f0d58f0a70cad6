"""Sees to it that what a request brought is stored before its sender has the answer."""

import sys
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from functions.adapters.metric_line import metric_line
from functions.domain.errors import UnavailableError
from functions.domain.logged_record import log_lines
from functions.domain.names import RecordKind
from functions.domain.prediction_record import MAX_RECORD_BYTES, Sink

METRIC: Final = "UnacknowledgedRecords"


class Part(NamedTuple):
    """A record of some of a request's good rows: `rows` of them from `first` on."""

    line: bytes
    first: int
    rows: int


def parts(document: Mapping[str, Any], rows: int) -> tuple[list[Part], list[int]]:
    """A record as one or several that Firehose takes, and the rows that no record can hold.

    `rows` is how many entries each list of the document has; a list without entries stays one.
    """
    return _parts(dict(document), 0, rows)


class Delivery:
    """Delivers the records of one kind of one model."""

    def __init__(self, kind: RecordKind, model: str, sink: Sink) -> None:
        self._kind: RecordKind = kind
        self._model = model
        self._sink = sink

    def deliver(self, records: list[Part], request_id: str, time_ms: int) -> None:
        """Store records; those that Firehose does not acknowledge go to the log, and are counted.

        Raises:
            UnavailableError: neither would take one of them.
        """
        failed = self._sink.put([part.line for part in records])
        if not failed:
            return
        lines = [line for index in failed for line in self._logged(records[index], request_id)]
        lines.append(metric_line(time_ms, {"model": self._model}, {METRIC: len(failed)}))
        try:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        except OSError as error:
            raise UnavailableError(f"neither stream nor log took the {self._kind}: send all of them again") from error

    def _logged(self, part: Part, request_id: str) -> list[str]:
        return log_lines(self._kind, part.line.decode(), request_id, part.first)


def _parts(document: dict[str, Any], first: int, rows: int) -> tuple[list[Part], list[int]]:
    line = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    if len(line) <= MAX_RECORD_BYTES:
        return [Part(line, first, rows)], []
    if rows == 1:
        return [], [first]
    half = rows // 2
    found, too_large = _parts(_rows(document, 0, half), first, half)
    others, also = _parts(_rows(document, half, rows), first + half, rows - half)
    return found + others, too_large + also


def _rows(document: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """The document with some of its rows."""
    cut: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, list):
            cut[key] = value[start:end]
        else:
            cut[key] = _rows(value, start, end) if isinstance(value, dict) else value
    return cut
