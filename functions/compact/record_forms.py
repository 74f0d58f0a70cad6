"""Whether a stored record is of the form that its kind has; what is not is set aside, with the words found here."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.errors import CorruptArtifactError

MOST_MS = 253_402_300_799_999  # the end of the year 9999
_MOST_INT32 = 2**31 - 1
_Kinds = frozenset[type]
_Form = Mapping[str, _Kinds]
_TEXT: _Kinds = frozenset({str})
_NUMBER: _Kinds = frozenset({int})
_LIST: _Kinds = frozenset({list})
_OBJECT: _Kinds = frozenset({dict})
_MAYBE_TEXT: _Kinds = frozenset({str, type(None)})
_MAYBE_NUMBER: _Kinds = frozenset({int, type(None)})
_MAYBE_OBJECT: _Kinds = frozenset({dict, type(None)})
_SCORE: _Kinds = frozenset({int, float, type(None)})

PREDICTION: _Form = {
    "model": _TEXT,
    "model_version": _NUMBER,
    "release": _MAYBE_NUMBER,
    "request_id": _TEXT,
    "first_row": _NUMBER,
    "time": _NUMBER,
    "client": _MAYBE_TEXT,
    "inputs": _OBJECT,
    "outputs": _OBJECT,
    "flags": _LIST,
    "latency_us": _NUMBER,
    "source": _TEXT,
}
OBSERVATION: _Form = {
    "model": _TEXT,
    "time": _NUMBER,
    "sender": _MAYBE_TEXT,
    "ids": _LIST,
    "times": _LIST,
    "versions": _LIST,
    "inputs": _OBJECT,
    "predictions": _LIST,
    "scores": _LIST,
    "probabilities": _LIST,
    "flags": _LIST,
}
LABELS: _Form = {
    "model": _TEXT,
    "time": _NUMBER,
    "sender": _MAYBE_TEXT,
    "prediction_ids": _LIST,
    "labels": _LIST,
    "observed_at": _LIST,
    "predicted_at": _LIST,
}


def check_prediction(record: Mapping[str, Any], model: str) -> int:
    """The number of a prediction record's rows.

    Raises:
        CorruptArtifactError: it is not of the form that it should be.
    """
    _check(record, PREDICTION, model)
    rows = _columns(record, "inputs", None)
    _columns(record, "outputs", rows)
    _flags(record["flags"], rows)
    _times([record["time"]], "time")
    for name, most in (("release", _MOST_INT32), ("first_row", _MOST_INT32 - rows), ("latency_us", MOST_MS)):
        if not 0 <= (record[name] or 0) <= most:
            raise CorruptArtifactError(f"{name} is {record[name]}")
    return rows


def check_observation(record: Mapping[str, Any], model: str) -> int:
    """The number of an observation record's rows; raises as `check_prediction` does."""
    _check(record, OBSERVATION, model)
    rows = _columns(record, "inputs", len(record["ids"]))
    entries: _Form = {"ids": _TEXT, "versions": _TEXT, "predictions": _MAYBE_TEXT, "scores": _SCORE}
    for name, kinds in {**entries, "times": _NUMBER, "probabilities": _MAYBE_OBJECT}.items():
        _list(record, name, kinds, rows)
    for chances in record["probabilities"]:
        if chances is not None and not set(map(type, chances.values())) <= _SCORE:
            raise CorruptArtifactError("a probability of an observation is no number")
    _flags(record["flags"], rows)
    _times([record["time"], *record["times"]], "times")
    return rows


def check_labels(record: Mapping[str, Any], model: str) -> int:
    """The number of a label record's rows; raises as `check_prediction` does."""
    _check(record, LABELS, model)
    rows = len(record["prediction_ids"])
    if not rows:
        raise CorruptArtifactError("the record has no rows")
    for name, kinds in (("prediction_ids", _TEXT), ("observed_at", _NUMBER), ("predicted_at", _MAYBE_NUMBER)):
        _list(record, name, kinds, rows)
    if len(record["labels"]) != rows:
        raise CorruptArtifactError(f"labels has {len(record['labels'])} entries; there are {rows} rows")
    given = [moment for moment in record["predicted_at"] if moment is not None]
    _times([record["time"], *record["observed_at"], *given], "time, observed_at or predicted_at")
    return rows


def _check(record: Mapping[str, Any], form: _Form, model: str) -> None:
    for name, kinds in form.items():
        if name not in record:
            raise CorruptArtifactError(f"{name} is missing")
        if type(record[name]) not in kinds:
            raise CorruptArtifactError(f"{name} is {str(record[name])[:80]!r}")
    if record["model"] != model:
        raise CorruptArtifactError(f"it is of model {record['model'][:80]!r}, and lies among those of {model}")


def _columns(record: Mapping[str, Any], name: str, rows: int | None) -> int:
    """The number of entries that each list of `inputs` or `outputs` has."""
    lengths = {len(values) if type(values) is list else -1 for values in record[name].values()}
    found = rows if rows is not None else max(lengths, default=0)
    if found < 1 or lengths != {found}:
        raise CorruptArtifactError(f"{name} should be lists of one length, an entry a row")
    return found


def _list(record: Mapping[str, Any], name: str, kinds: _Kinds, rows: int) -> None:
    if len(record[name]) != rows:
        raise CorruptArtifactError(f"{name} has {len(record[name])} entries; there are {rows} rows")
    if not set(map(type, record[name])) <= kinds:
        odd = next(value for value in record[name] if type(value) not in kinds)
        raise CorruptArtifactError(f"{name} has {str(odd)[:80]!r} in it")


def _flags(flags: Sequence[Any], rows: int) -> None:
    if not flags:
        return
    if len(flags) != rows or not all(type(row) is list and set(map(type, row)) <= _TEXT for row in flags):
        raise CorruptArtifactError("flags should be empty, or a list of texts a row")


def _times(moments: Sequence[int], name: str) -> None:
    if not 0 <= min(moments) <= max(moments) <= MOST_MS:
        raise CorruptArtifactError(f"{name} should be in milliseconds since 1970")
