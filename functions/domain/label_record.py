"""The label record: the truth that one request brought, columnar; stored before the sender has its answer."""

import json
from typing import Any, TypedDict, cast

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1


class LabelRecord(TypedDict):
    """One request's labels; entry i of each list belongs together.

    `labels` are as they were sent: a class (bool, int or text), or a regression's number. `observed_at` is when the
    truth was known, `predicted_at` when the prediction was made (None where its id says so itself); `time` is the
    request's arrival; all in milliseconds since 1970 UTC. `sender` is the verified caller.
    """

    v: int
    model: str
    request_id: str
    time: int
    sender: str | None
    prediction_ids: list[str]
    labels: list[Any]
    observed_at: list[int]
    predicted_at: list[int | None]


def parse(line: str | bytes) -> LabelRecord:
    """Read a stored record.

    Raises:
        CorruptArtifactError: it is no JSON object, or of a schema version that this code does not know.
    """
    return cast(LabelRecord, record_of(line, "label record", SCHEMA_VERSION))


def record_of(line: str | bytes, what: str, version: int) -> dict[str, Any]:
    """A stored line as the JSON object that it should be.

    Raises:
        CorruptArtifactError: it is no JSON object, or of another schema version.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        raise CorruptArtifactError(f"a {what} is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise CorruptArtifactError(f"a {what} is no JSON object")
    if record.get("v") != version:
        raise CorruptArtifactError(f"a {what} of schema version {record.get('v')!r}; this code reads {version}")
    return record
