"""Likely false labels that no single sender stands out with: confident learning, restricted to what is surely too many.

Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset labels, JAIR 70, p. 1373: a
row whose chance of another class is above the mean chance of that class among the rows that are labelled so counts for
the off-diagonal of the confident joint, and as many rows are pruned. A weak but calibrated model fills that
off-diagonal without any false label: of flights with a chance of 0.1, every tenth is late. So only what is there beyond
what the chances themselves expect is pruned, and never more than MOST of all rows.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 0.015  # share of all rows that is pruned at most
LEAST_LABELS = 500
_SURE = 4.0  # standard deviations by which the off-diagonal is above what is expected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConfidentCell:
    """Rows labelled `given` and confidently `likely`: how many, how many the chances expect, and which are pruned."""

    given: int
    likely: int
    labels: int
    expected: float
    rows: Ints


def confident_learning(chances: Floats, given: Ints) -> list[ConfidentCell]:
    """From calibrated out-of-sample chances [rows, classes], as training calibrated them, and labels' classes [rows].

    They must not be calibrated on these labels: then nothing is ever beyond what they expect. Of a cell's rows those
    with the smallest chance of their label are pruned first, and only rows that are more likely false than true at the
    cell's rate of false labels.
    """
    rows, classes = chances.shape
    if rows < LEAST_LABELS:
        return []
    own = chances[np.arange(rows), given]
    thresholds = np.array([own[given == k].mean() if (given == k).any() else math.inf for k in range(classes)])
    above = np.where(chances >= thresholds, chances, -1.0)
    likely = np.where(above.max(axis=1) > 0, above.argmax(axis=1), -1)
    # All labels together may be of a class more often than expected: a changed concept, not false labels.
    drift = np.array([(given == k).sum() / max(float(chances[:, k].sum()), 1e-9) for k in range(classes)])
    moved = chances * drift
    moved /= moved.sum(axis=1, keepdims=True)
    left, cells = math.floor(MOST * rows), []
    for j in range(classes):
        for i in range(classes):
            if i != j and left > 0:
                cell = _cell(moved[:, i], likely == j, given == i, i, j, left)
                if cell is not None:
                    cells.append(cell)
                    left -= len(cell.rows)
    return cells


def _cell(
    chance: Floats, confident: NDArray[np.bool_], labelled: NDArray[np.bool_], given: int, likely: int, most: int
) -> ConfidentCell | None:
    inside = np.flatnonzero(confident & labelled)
    of_row = chance[confident]
    expected, spread = float(of_row.sum()), math.sqrt(float((of_row * (1 - of_row)).sum()))
    excess = len(inside) - expected
    if excess <= _SURE * spread or not len(inside):
        return None
    rate = excess / max(float((1 - of_row).sum()), 1.0)  # of flips among rows that are truly of another class
    false = rate * (1 - chance[inside]) > (1 - rate) * chance[inside]
    ordered = inside[np.argsort(chance[inside], kind="stable")]
    pruned = ordered[: min(int(false.sum()), math.floor(excess), most)]
    return ConfidentCell(given, likely, len(inside), expected, np.sort(pruned)) if len(pruned) else None
