"""An observation's `prediction`: in the words of predict's own answers, to the columns of the log."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from functions.domain.contract import Task
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import shown
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.ingest.fields import entry
from functions.ingest.outcomes import Class, outcome_reader, probability

ROUNDING: Final = 0.01  # how far a model's probabilities may be from adding up to 1, rounded as they may be
NEEDED: Final = frozenset({"label"})
OPTIONAL: Final[Mapping[Task, frozenset[str]]] = {
    "binary": frozenset({"probability"}),
    "multiclass": frozenset({"probability", "probabilities"}),
    "regression": frozenset(),
}


class Output(NamedTuple):
    """One row of the columns `predictions`, `scores` and `probabilities` of an observation record."""

    prediction: str | None
    score: float | None
    probabilities: dict[str, float] | None


class OutputReader:
    """Reads the predictions of one model, by its task."""

    def __init__(self, config: ModelConfig) -> None:
        self._read: Callable[[Any], Class | float] = outcome_reader(config)
        self._optional = OPTIONAL[config.task]
        self._regression = config.task == "regression"

    def read(self, value: Any) -> Output:
        """One prediction.

        Raises:
            InvalidRequestError: it is not what the model's task has.
        """
        try:
            given = entry(value, NEEDED, self._optional)
            label = self._read(given["label"])
            if self._regression:
                return Output(None, float(label), None)
            chance = given.get("probability")
            score = None if chance is None else probability(chance, "probability")
            if given.get("probabilities") is None:
                return Output(class_text(label), score, None)
            return _with_probabilities(class_text(label), score, given["probabilities"])
        except InvalidRequestError as error:
            raise InvalidRequestError(f"prediction: {error}") from error


def _with_probabilities(label: str, score: float | None, given: Any) -> Output:
    if type(given) is not dict:
        raise InvalidRequestError(f"probabilities: {shown(given)} should be an object, by class")
    by_class = {name: probability(value, f"probabilities, {shown(name)}") for name, value in given.items()}
    if label not in by_class:
        raise InvalidRequestError(f"probabilities: the label {shown(label)} has none")
    if abs(sum(by_class.values()) - 1) > ROUNDING:
        raise InvalidRequestError(f"probabilities: they add up to {sum(by_class.values()):.6g}, not to 1")
    if score is not None and abs(score - by_class[label]) > ROUNDING:
        raise InvalidRequestError(f"probability: {score:.6g} is not that of the label, which is {by_class[label]:.6g}")
    return Output(label, by_class[label] if score is None else score, by_class)
