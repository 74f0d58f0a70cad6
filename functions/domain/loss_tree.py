"""Where a regression errs: a small tree from features and prediction to the size of the error, learnt on the hold-out.

Its leaves are written as conditions on columns of the log table, so that `evaluate` counts rows by leaf in SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.client_tensors import Tensors
from functions.domain.contract import Feature
from functions.domain.log_table import feature_column
from functions.domain.reference import LossLeaf
from functions.domain.reference_digest import DIGITS
from functions.domain.regression_tree import Path, regression_tree
from functions.domain.significant import significant

MOST_LEAVES = 32
FEWEST_ROWS, FEWEST_SHARE = 50, 0.02  # in a leaf: the larger of the two
FEWEST_OF_A_CATEGORY = 20  # rarer ones are told apart from these only

Condition = tuple[str, str, Any]


@dataclass(frozen=True, slots=True)
class _Input:
    """A column of the tree: of the log table, with the order that its categories were given, if it has any."""

    column: str
    values: NDArray[np.float64]
    categories: tuple[str, ...] | None = None

    def conditions(self, threshold: float, missing_left: bool) -> tuple[Condition, Condition]:
        """What holds to the left of a split, and to its right."""
        if self.categories is not None:
            low = [name for code, name in enumerate(self.categories) if code <= threshold]
            return (self.column, "in", low), (self.column, "not in", low)
        left, right = ("<=?", ">") if missing_left else ("<=", ">?")
        return (self.column, left, threshold), (self.column, right, threshold)


def loss_tree(
    features: Sequence[Feature], tensors: Tensors, values: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[LossLeaf, ...]:
    """Leaves from the hold-out's tensors, predicted values [rows] and errors [rows]. Vectors are not split on."""
    absolute = np.abs(errors)
    inputs = [_Input("score", values), *_inputs(features, tensors, absolute)]
    matrix = np.stack([column.values for column in inputs], axis=1)
    fewest = min(max(FEWEST_ROWS, int(FEWEST_SHARE * len(errors))), len(errors))
    leaves = regression_tree(matrix, absolute, most_leaves=MOST_LEAVES, fewest_rows=fewest)
    return tuple(_leaf(_conditions(path, inputs), errors[rows]) for path, rows in leaves)


def _inputs(features: Sequence[Feature], tensors: Tensors, absolute: NDArray[np.float64]) -> list[_Input]:
    columns = []
    for feature in features:
        if feature.size is not None:
            continue
        column, values = feature_column(feature.name), tensors[feature.name].reshape(-1)
        if feature.type == "string":
            columns.append(_categorical(column, values, absolute))
        elif feature.type != "bool":
            columns.append(_Input(column, values.astype(np.float64)))
    return columns


def _categorical(column: str, values: NDArray[Any], absolute: NDArray[np.float64]) -> _Input:
    """Categories in the order of their mean error, in which the best split is one of few (Breiman et al. 1984, 4.2).

    Rare ones, and all that the hold-out lacks, come last together.
    """
    by_name: dict[str, list[float]] = {}
    for name, error in zip(values.tolist(), absolute.tolist(), strict=True):
        by_name.setdefault(name, []).append(error)
    means = {name: float(np.mean(found)) for name, found in by_name.items() if len(found) >= FEWEST_OF_A_CATEGORY}
    order = tuple(sorted(means, key=lambda name: (means[name], name)))
    code = {name: place for place, name in enumerate(order)}
    return _Input(column, np.array([code.get(name, len(order)) for name in values.tolist()], dtype=np.float64), order)


def _conditions(path: Path, inputs: Sequence[_Input]) -> tuple[Condition, ...]:
    """What holds on the way to a leaf."""
    return tuple(inputs[split.column].conditions(split.threshold, split.missing_left)[not left] for split, left in path)


def _leaf(conditions: tuple[Condition, ...], errors: NDArray[np.float64]) -> LossLeaf:
    absolute, squared = np.abs(errors), errors**2
    statistics = (absolute.mean(), squared.mean(), absolute.std(), squared.std())
    return LossLeaf(conditions, len(errors), *(significant(float(value), DIGITS) or 0.0 for value in statistics))
