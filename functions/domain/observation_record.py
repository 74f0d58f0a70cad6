"""The observation record: predictions that were made elsewhere, as one request brought them, columnar."""

from typing import Any, TypedDict, cast

from functions.domain.label_record import record_of

SCHEMA_VERSION = 1


class ObservationRecord(TypedDict):
    """One request's observations; entry i of each list belongs together.

    `ids` are the sender's own, or made of the row's own time where it gave none. `times` is when each was predicted,
    `time` the request's arrival, in milliseconds since 1970 UTC. `versions` are the sender's names of its versions.
    `inputs` is by feature, as in a prediction record. `predictions` are classes as text (None for a regression);
    `scores` the probability of the positive class (binary), of the predicted class (multiclass; None where it was not
    sent), or the predicted value (regression). `probabilities` is by class, None where it was not sent. `flags` is one
    list a row, or empty where no row is flagged. `sender` is the verified caller.
    """

    v: int
    model: str
    request_id: str
    time: int
    sender: str | None
    ids: list[str]
    times: list[int]
    versions: list[str]
    inputs: dict[str, list[Any]]
    predictions: list[str | None]
    scores: list[float | None]
    probabilities: list[dict[str, float] | None]
    flags: list[list[str]]


def parse(line: str | bytes) -> ObservationRecord:
    """Read a stored record.

    Raises:
        CorruptArtifactError: it is no JSON object, or of a schema version that this code does not know.
    """
    return cast(ObservationRecord, record_of(line, "observation record", SCHEMA_VERSION))
