"""`{"labels": [{"prediction_id", "label", "observed_at"?, "predicted_at"?}, …]}` to a label record."""

from collections.abc import Callable
from typing import Any, Final

from functions.domain.errors import InvalidRequestError
from functions.domain.model_config import ModelConfig
from functions.domain.prediction_id import predicted_at
from functions.domain.truth_limits import AHEAD_MS
from functions.ingest.fields import entry, iso, moment, text
from functions.ingest.outcomes import Class, outcome_reader
from functions.ingest.row_errors import RowErrors

KEY: Final = "labels"
NEEDED: Final = frozenset({"prediction_id", "label"})
OPTIONAL: Final = frozenset({"observed_at", "predicted_at"})

LabelRow = tuple[str, Class | float, int, int | None]


def read_labels(rows: list[Any], config: ModelConfig, arrived_ms: int, errors: RowErrors) -> dict[str, list[Any]]:
    """The columns of a label record, one entry for each good row; the bad ones are in `errors`.

    The truth was known when the request arrived, where a row does not say so itself.
    """
    read = outcome_reader(config)
    good: list[LabelRow] = []
    for number, row in enumerate(rows):
        try:
            good.append(_label(row, read, arrived_ms))
        except InvalidRequestError as error:
            errors.add(number, str(error))
    return {
        "prediction_ids": [row[0] for row in good],
        "labels": [row[1] for row in good],
        "observed_at": [row[2] for row in good],
        "predicted_at": [row[3] for row in good],
    }


def _label(row: Any, read: Callable[[Any], Class | float], arrived_ms: int) -> LabelRow:
    given = entry(row, NEEDED, OPTIONAL)
    prediction_id = text(given["prediction_id"], "prediction_id")
    label = read(given["label"])
    observed = given.get("observed_at")
    observed_ms = arrived_ms if observed is None else moment(observed, "observed_at", arrived_ms)
    return prediction_id, label, observed_ms, _predicted_at(prediction_id, given.get("predicted_at"), arrived_ms)


def _predicted_at(prediction_id: str, given: Any, arrived_ms: int) -> int | None:
    """When the prediction was made, where its id does not say so itself."""
    known = predicted_at(prediction_id)
    said = None if given is None else moment(given, "predicted_at", arrived_ms)
    if known is None:
        if said is None:
            raise InvalidRequestError(
                "predicted_at: is missing; the prediction_id is not one of ours, so say the observation's time"
            )
        return said
    if known > arrived_ms + AHEAD_MS:
        raise InvalidRequestError("prediction_id: names a prediction of the future; send it as it was answered")
    if said is not None and said != known:
        raise InvalidRequestError(f"predicted_at: the prediction_id says {iso(known)}; leave predicted_at out")
    return None
