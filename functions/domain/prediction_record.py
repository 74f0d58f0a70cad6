"""The prediction record: what is stored for each answered request, once, columnar, before the client has its answer.

One record is one line of JSON. A request whose record would be larger than Firehose takes is stored as several
records of the same `request_id`, each with the number of its `first_row`. A record that Firehose did not acknowledge
goes to the function's log: see `logged_record`.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol, TypedDict, cast

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1
MAX_RECORD_BYTES = 1_000 * 1_024  # Firehose's limit for one record


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
