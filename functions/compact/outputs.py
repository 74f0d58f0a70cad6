"""From a graph's outputs, as a prediction record has them, to the table's columns: what was predicted, how surely."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from functions.compact.column_values import finite
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError
from functions.domain.log_table import class_text


class Predicted(NamedTuple):
    """Lists of one entry a row; `probabilities` are JSON objects by class."""

    predictions: list[str | None]
    scores: list[float | None]
    probabilities: list[str | None]


class OutputReader:
    """Reads the outputs of one contract's model."""

    def __init__(self, contract: Contract) -> None:
        self.features = contract.features
        self._contract = contract
        self._classes = [class_text(value) for value in contract.classes or ()]
        self._bools = contract.classes is not None and all(type(value) is bool for value in contract.classes)

    def read(self, outputs: Mapping[str, Sequence[Any]], rows: int) -> Predicted:
        """The table's columns for a record of `rows` rows.

        Raises:
            CorruptArtifactError: an output of the contract is missing or of another form.
        """
        labels = _flat(self._output(outputs, self._contract.label_output), self._contract.label_output)
        if self._contract.task == "regression":
            return Predicted([None] * rows, [finite(value) for value in labels], [None] * rows)
        predictions = [class_text(bool(value) if self._bools else value) for value in labels]
        name = self._contract.probability_output
        if name is None:
            return Predicted([*predictions], [None] * rows, [None] * rows)
        chances = self._output(outputs, name)
        if not all(isinstance(row, list) and len(row) == len(self._classes) for row in chances):
            raise CorruptArtifactError(f"output {name} should have {len(self._classes)} probabilities a row")
        if self._contract.task == "binary":
            positive = self._classes.index(class_text(self._contract.positive))
            return Predicted([*predictions], [finite(row[positive]) for row in chances], [None] * rows)
        return self._multiclass(predictions, chances)

    def _multiclass(self, predictions: list[str], chances: Sequence[list[Any]]) -> Predicted:
        by_class = [dict(zip(self._classes, map(finite, row), strict=True)) for row in chances]
        unknown = next((name for name in predictions if name not in self._classes), None)
        if unknown is not None:
            raise CorruptArtifactError(f"the predicted class {unknown!r} is none of the contract's")
        scores = [found[name] for name, found in zip(predictions, by_class, strict=True)]
        return Predicted([*predictions], scores, [json.dumps(found, allow_nan=False) for found in by_class])

    def _output(self, outputs: Mapping[str, Sequence[Any]], name: str) -> Sequence[Any]:
        if name not in outputs:
            raise CorruptArtifactError(f"output {name} is missing")
        return outputs[name]


def _flat(values: Sequence[Any], name: str) -> Sequence[Any]:
    """One value a row, whether the tensor was [N] or [N, 1]."""
    if any(isinstance(value, list) for value in values):
        if not all(isinstance(value, list) and len(value) == 1 for value in values):
            raise CorruptArtifactError(f"output {name} should have one value a row")
        return [value[0] for value in values]
    return values
