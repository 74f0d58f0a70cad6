"""A label record as rows of labels, each with the hour of its prediction."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from functions.compact.column_values import finite
from functions.compact.record_forms import MOST_MS
from functions.compact.sheets import HOUR, HOUR_MS
from functions.domain.contract import Task
from functions.domain.errors import CorruptArtifactError
from functions.domain.log_table import class_text
from functions.domain.prediction_id import predicted_at

_SHOWN = 5


def label_rows(record: Mapping[str, Any], task: Task) -> tuple[dict[str, list[Any]], str | None]:
    """The columns of the labels of a record that was checked, and what is wrong with those that were left out."""
    columns: dict[str, list[Any]] = {
        HOUR: [], "id": [], "label": [], "target": [], "observed_at": [], "labelled_at": [], "sender": []
    }  # fmt: skip
    refused: list[str] = []
    rows = zip(record["prediction_ids"], record["labels"], record["observed_at"], record["predicted_at"], strict=True)
    for row, (prediction, value, observed, given) in enumerate(rows):
        try:
            hour, (label, target) = _hour(prediction, given), _truth(value, task)
        except CorruptArtifactError as error:
            refused.append(f"row {row}: {error}")
            continue
        columns[HOUR].append(hour)
        columns["id"].append(prediction)
        columns["label"].append(label)
        columns["target"].append(target)
        columns["observed_at"].append(observed)
    taken = len(columns["id"])
    columns["labelled_at"] = [record["time"]] * taken
    columns["sender"] = [record["sender"]] * taken
    return columns, _words(refused)


def _hour(prediction: str, given: int | None) -> int:
    """The hour of a prediction: its id's own, or where the id is the sender's the one that the label names."""
    moment = predicted_at(prediction)
    if moment is None:
        moment = given
    if moment is None:
        raise CorruptArtifactError(f"{prediction[:80]!r} does not say when it was predicted, and predicted_at is null")
    if moment > MOST_MS:
        raise CorruptArtifactError(f"{prediction[:80]!r} says that it was predicted after the year 9999")
    return moment // HOUR_MS


def _truth(value: Any, task: Task) -> tuple[str | None, float | None]:
    """The class as the table writes it, or a regression's value."""
    if task == "regression":
        number = finite(value)
        if number is None:
            raise CorruptArtifactError(f"{str(value)[:80]!r} is no number")
        return None, number
    if not isinstance(value, bool | int | str):
        raise CorruptArtifactError(f"{str(value)[:80]!r} is no class")
    return class_text(value), None


def _words(refused: list[str]) -> str | None:
    if not refused:
        return None
    more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    return "; ".join(islice(refused, _SHOWN)) + more
