"""The prediction record: what is stored for each answered request, once, columnar, before the client has its answer.

One record is one line of JSON. A request whose record would be larger than Firehose takes is stored as several
records of the same `request_id`, each with the number of its `first_row`. A record that Firehose did not acknowledge
goes to the function's log under a marker; `recover` finds it there.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypedDict, cast

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1
MAX_RECORD_BYTES = 1_000 * 1_024  # Firehose's limit for one record
LOG_MARKER = "TRIMTAB_RECORD "
LOG_PART_MARKER = "TRIMTAB_RECORD_PART "
MAX_LOG_CHARACTERS = 50_000  # at most 200 kB of UTF-8: CloudWatch cuts longer lines


class PredictionRecord(TypedDict):
    """A stored request. `inputs`, `outputs` and `flags` hold one entry a row; entry i is row `first_row + i`.

    `inputs` is by feature, as it was sent (null for a missing value; a list of k for a vector of size k).
    `outputs` is by output name of the ONNX graph (a list for a vector, e.g. two probabilities).
    `flags` is empty if no row was flagged; a flag reads `out_of_range:FEATURE` or `unknown_category:FEATURE`.
    `time` is the request's arrival in milliseconds since 1970 UTC; `latency_us` the microseconds from the function's
    taking it up to this record, with the answer known.
    `source` is `api`, or `smoke` for a release's own test.
    """

    v: int
    model: str
    model_version: int
    release: int
    request_id: str
    first_row: int
    time: int
    client: str | None
    inputs: dict[str, list[Any]]
    outputs: dict[str, list[Any]]
    flags: list[list[str]]
    latency_us: int
    source: str


class Sink(Protocol):
    """Where records go: Firehose in AWS, a list in tests."""

    def put(self, records: Sequence[bytes]) -> list[int]:
        """Store records, each one line of JSON that ends in a line feed and is at most `MAX_RECORD_BYTES` long.

        Returns the indexes of those that were *not* acknowledged after all retries; never raises for a failed delivery.
        """
        ...


def prediction_id(request_id: str, row: int) -> str:
    """The id by which a client names one prediction when it sends the truth for it."""
    return f"{request_id}-{row}"


def parse(line: str | bytes) -> PredictionRecord:
    """Read a stored record.

    Raises:
        CorruptArtifactError: it is no JSON object, or of a schema version that this code does not know.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        raise CorruptArtifactError(f"a prediction record is not JSON: {error}") from error
    if not isinstance(record, dict) or record.get("v") != SCHEMA_VERSION:
        version = record.get("v") if isinstance(record, dict) else None
        raise CorruptArtifactError(f"a prediction record of schema version {version!r}; this code reads 1")
    return cast(PredictionRecord, record)


def log_lines(record: str, request_id: str, first_row: int) -> list[str]:
    """The lines under which a record that was not acknowledged is logged: one, or numbered parts of a long one."""
    record = record.rstrip("\n")
    if len(record) <= MAX_LOG_CHARACTERS:
        return [LOG_MARKER + record]
    pieces = [record[start : start + MAX_LOG_CHARACTERS] for start in range(0, len(record), MAX_LOG_CHARACTERS)]
    head = f"{LOG_PART_MARKER}{request_id} {first_row}"
    return [f"{head} {number}/{len(pieces)} {piece}" for number, piece in enumerate(pieces, 1)]


def recover(lines: Iterable[str]) -> Iterator[PredictionRecord]:
    """Find the records in a function's log; parts may come in any order, other lines are passed over.

    Raises:
        CorruptArtifactError: a record cannot be read, or parts of one are missing.
    """
    parts: dict[str, dict[int, str]] = {}
    for line in lines:
        if line.startswith(LOG_MARKER):
            yield parse(line.removeprefix(LOG_MARKER))
        elif line.startswith(LOG_PART_MARKER):
            request_id, first_row, number, piece = line.removeprefix(LOG_PART_MARKER).rstrip("\n").split(" ", 3)
            index, count = number.split("/")
            key = f"{request_id} {first_row} {count}"
            parts.setdefault(key, {})[int(index)] = piece
            if len(parts[key]) == int(count):
                yield parse("".join(text for _, text in sorted(parts.pop(key).items())))
    if parts:
        raise CorruptArtifactError(f"parts of logged records are missing: {_names(parts)}")


def _names(parts: Mapping[str, Mapping[int, str]]) -> str:
    return ", ".join(f"request {key.split(' ')[0]} (has {len(found)})" for key, found in parts.items())
