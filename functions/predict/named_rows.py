"""Named rows: `{"rows": [{feature: value, …}, …]}` to columns, and predictions by row from output tensors."""

from collections.abc import Mapping
from typing import Any, Final

from functions.domain.contract import Contract
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import Findings, shown
from functions.domain.prediction_id import prediction_id
from functions.domain.tensors import Tensor

EXPECTED: Final = 'the body should be {"rows": [{"FEATURE": value, …}, …]}'
MISSING: Final = "is missing; a row has every feature, null where that is allowed"


def read(document: Any, contract: Contract) -> tuple[dict[str, list[Any]], int]:
    """The columns by feature, with one entry a row, and the number of rows.

    Raises:
        InvalidRequestError: it is malformed, or a row has not exactly the contract's features.
    """
    if type(document) is not dict or "rows" not in document:
        raise InvalidRequestError(EXPECTED)
    if len(document) > 1:
        unknown = sorted(document.keys() - {"rows"})[0]
        raise InvalidRequestError(f"unknown key {shown(unknown)}; {EXPECTED}")
    rows = document["rows"]
    if type(rows) is not list or not rows:
        raise InvalidRequestError(f'"rows" should be a list of at least one row, not {shown(rows)}')
    names = [feature.name for feature in contract.features]
    size = len(names)
    if all(type(row) is dict and len(row) == size for row in rows):
        try:
            return {name: [row[name] for row in rows] for name in names}, len(rows)
        except KeyError:
            pass
    raise _explained(rows, names)


def _explained(rows: list[Any], names: list[str]) -> InvalidRequestError:
    findings = Findings()
    for index, row in enumerate(rows):
        if type(row) is not dict:
            findings.problem(f"row {index}", f"should be an object, not {shown(row)}")
            continue
        for name in names:
            if name not in row:
                findings.value_problem(index, name, MISSING, name)
        for name in sorted(row.keys() - set(names)):
            findings.problem(f"row {index}", f"{shown(name)} is no feature; the features are {', '.join(names)}")
    try:
        findings.raise_problems()
    except InvalidRequestError as error:
        return error
    raise AssertionError("rows that were not read have nothing wrong with them")


class Predictions:
    """Writes the predictions of one contract's model, a row each."""

    def __init__(self, contract: Contract) -> None:
        classes = contract.classes
        self._label = contract.label_output
        self._truth_values = classes is not None and type(classes[0]) is bool
        self._probability = contract.probability_output if classes else None
        self._keys = [class_key(value) for value in classes or ()]
        self._positive = classes.index(contract.positive) if contract.task == "binary" and classes else None

    def write(self, request_id: str, results: Mapping[str, Tensor], flags: list[list[str]]) -> list[dict[str, Any]]:
        """One `{"id", "label", …, "flags"}` a row; of the classes' probabilities what the task has."""
        labels = results[self._label].ravel().tolist()
        if self._truth_values:
            labels = [bool(label) for label in labels]
        found = flags or [[]] * len(labels)
        if self._probability is None:
            return [
                {"id": prediction_id(request_id, row), "label": label, "flags": row_flags}
                for row, (label, row_flags) in enumerate(zip(labels, found, strict=True))
            ]
        probabilities = results[self._probability].tolist()
        if self._positive is None:
            return self._multiclass(request_id, labels, probabilities, found)
        positive = self._positive
        return [
            {"id": prediction_id(request_id, row), "label": label, "probability": chances[positive], "flags": row_flags}
            for row, (label, chances, row_flags) in enumerate(zip(labels, probabilities, found, strict=True))
        ]

    def _multiclass(
        self, request_id: str, labels: list[Any], probabilities: list[list[float]], flags: list[list[str]]
    ) -> list[dict[str, Any]]:
        predictions = []
        for row, (label, chances, row_flags) in enumerate(zip(labels, probabilities, flags, strict=True)):
            by_class = dict(zip(self._keys, chances, strict=True))
            predictions.append(
                {
                    "id": prediction_id(request_id, row),
                    "label": label,
                    "probability": by_class[class_key(label)],
                    "probabilities": by_class,
                    "flags": row_flags,
                }
            )
        return predictions


def class_key(value: str | int | bool) -> str:
    """A class as a key of a JSON object."""
    return str(value).lower() if isinstance(value, bool) else str(value)
