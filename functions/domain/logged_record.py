"""Records that Firehose did not acknowledge: they go to the function's own log, and are found again there.

A line is `TRIMTAB_RECORD <kind> <record>`. A record that is too long for one line of CloudWatch's is several,
`TRIMTAB_RECORD_PART <kind> <request id> <first row> <number>/<count> <piece>`. Lines of predict's first form had no
kind; they are predictions.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast, get_args

from functions.domain.errors import CorruptArtifactError
from functions.domain.names import RecordKind

LOG_MARKER = "TRIMTAB_RECORD "
LOG_PART_MARKER = "TRIMTAB_RECORD_PART "
MAX_LOG_CHARACTERS = 50_000  # at most 200 kB of UTF-8: CloudWatch cuts longer lines

_KINDS = frozenset(get_args(RecordKind))


class LoggedRecord(NamedTuple):
    """A record as it was logged: which kind it is of, and its line of JSON, not parsed and without a line feed."""

    kind: RecordKind
    line: str


class LoggedPart(NamedTuple):
    """A piece of a long record: the `number`-th (from 1) of `parts`. Parts of one record have one `key`."""

    kind: RecordKind
    key: str
    number: int
    parts: int
    piece: str


def log_lines(kind: RecordKind, record: str, request_id: str, first_row: int) -> list[str]:
    """The lines under which a record that was not acknowledged is logged: one, or numbered parts of a long one.

    `request_id` and `first_row` tell the records of one log apart.
    """
    record = record.rstrip("\n")
    if len(record) <= MAX_LOG_CHARACTERS:
        return [f"{LOG_MARKER}{kind} {record}"]
    pieces = [record[start : start + MAX_LOG_CHARACTERS] for start in range(0, len(record), MAX_LOG_CHARACTERS)]
    head = f"{LOG_PART_MARKER}{kind} {request_id} {first_row}"
    return [f"{head} {number}/{len(pieces)} {piece}" for number, piece in enumerate(pieces, 1)]


def logged(line: str) -> LoggedRecord | LoggedPart | None:
    """What a line of a function's log holds of a record; None for any other line.

    Raises:
        CorruptArtifactError: it begins as a part does, and is none.
    """
    line = line.rstrip("\n")
    if line.startswith(LOG_MARKER):
        kind, text = _kind(line.removeprefix(LOG_MARKER))
        return LoggedRecord(kind, text)
    if not line.startswith(LOG_PART_MARKER):
        return None
    kind, text = _kind(line.removeprefix(LOG_PART_MARKER))
    try:
        request_id, first_row, place, piece = text.split(" ", 3)
        number, parts = (int(figure) for figure in place.split("/"))
    except ValueError as error:
        raise CorruptArtifactError(f"a part of a logged record cannot be read: {line[:100]!r}") from error
    return LoggedPart(kind, f"{kind} {request_id} {first_row} {parts}", number, parts, piece)


def recover(lines: Iterable[str]) -> Iterator[LoggedRecord]:
    """Find the records in a function's log; parts may come in any order, other lines are passed over.

    Raises:
        CorruptArtifactError: a part cannot be read, or parts of a record are missing.
    """
    waiting: dict[str, dict[int, str]] = {}
    for line in lines:
        found = logged(line)
        if isinstance(found, LoggedRecord):
            yield found
        elif found is not None:
            pieces = waiting.setdefault(found.key, {})
            pieces[found.number] = found.piece
            if len(pieces) == found.parts:
                yield LoggedRecord(found.kind, "".join(text for _, text in sorted(waiting.pop(found.key).items())))
    if waiting:
        raise CorruptArtifactError(f"parts of logged records are missing: {_names(waiting)}")


def _kind(text: str) -> tuple[RecordKind, str]:
    """The kind that a logged text begins with, and the rest of it; the first form had none."""
    word, _, rest = text.partition(" ")
    return (cast(RecordKind, word), rest) if word in _KINDS else ("predictions", text)


def _names(waiting: Mapping[str, Mapping[int, str]]) -> str:
    return ", ".join(f"request {key.split(' ')[1]} (has {len(found)})" for key, found in waiting.items())
