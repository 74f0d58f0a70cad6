"""Confidence-based performance estimation (CBPE): what metrics will be, from calibrated scores alone.

Calibrated, a score is the frequency with which its rows are positive; so it says how many of each class to expect among
rows of that score, and every metric follows from expected counts as it would from counts. NannyML's documentation of
CBPE, and Białek et al. (2024), Estimating model performance under covariate shift without labels, arXiv 2401.08348; for
accuracy alone it is the average confidence of Garg et al. (2022), Leveraging unlabeled data to predict
out-of-distribution performance, ICLR. It holds as long as the inputs alone change, and not what follows from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.binary_metrics import SMALLEST_PROBABILITY, binary_metrics, binary_sums
from functions.domain.ranking import Floats, ScoreGroups, rankings
from functions.domain.reference import Calibration, MetricValue

NOT_EXPECTED = ("calibration_error",)  # expecting it would take scores for calibrated and not so at once


def calibrated(scores: Floats, calibration: Calibration) -> Floats:
    """The frequency that was observed for such scores."""
    return np.interp(scores, calibration.scores, calibration.rates)


def expected_binary(
    scores: Floats, rows: Floats, called: NDArray[np.bool_], calibration: Calibration, confidence: float
) -> dict[str, MetricValue]:
    """Expected metrics from groups [groups]: their score, number of rows, and whether they are predicted positive.

    Intervals are those of a sample of so many rows whose labels follow the calibrated scores.
    """
    positives = rows * calibrated(scores, calibration)
    sums = binary_sums(scores, positives, rows - positives, called)
    found = binary_metrics(sums, rankings(ScoreGroups.of(scores, positives, rows - positives)), confidence)
    return {name: value for name, value in found.items() if name not in NOT_EXPECTED}


@dataclass(frozen=True, slots=True)
class ExpectedCounts:
    """Several classes: the expected confusion matrix [true class, predicted class], and sums of the log loss."""

    confusion: Floats
    rows: float
    losses: float
    loss_squares: float

    def __add__(self, other: "ExpectedCounts") -> "ExpectedCounts":
        return ExpectedCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def expected_counts(
    probabilities: Floats, predicted: NDArray[np.int64], calibrations: Sequence[Calibration]
) -> ExpectedCounts:
    """From probabilities [rows, classes] and the place of each row's predicted class [rows].

    Each class is calibrated against all others, and a row's frequencies are then made to add up to 1. The place after
    the last class is for predictions of a class that has no calibration.
    """
    parts = [calibrated(probabilities[:, k], calibration) for k, calibration in enumerate(calibrations)]
    rates = np.stack(parts, axis=1)
    total = rates.sum(axis=1, keepdims=True)
    rates = np.where(total > 0, rates / np.where(total > 0, total, 1.0), probabilities)
    loss = -np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
    classes = len(calibrations)
    confusion = np.zeros((classes + 1, classes + 1))
    for k in range(classes):
        confusion[k] = np.bincount(predicted, weights=rates[:, k], minlength=classes + 1)
    return ExpectedCounts(confusion, float(len(rates)), float((rates * loss).sum()), float((rates * loss**2).sum()))


def expected_errors(
    rows: Mapping[int, float], absolute: Sequence[float], squared: Sequence[float], squared_std: Sequence[float]
) -> tuple[float, float, float, float]:
    """Direct loss estimation of a regression: sums over rows of |e|, e² and e⁴, and their number.

    `rows` is how many rows fall into each leaf of the loss tree; the others are the hold-out's mean |e| and e² by leaf
    and the standard deviation of e². NannyML's documentation of DLE.
    """
    counts = {leaf: count for leaf, count in rows.items() if count > 0}
    return (
        sum(counts.values()),
        sum(count * absolute[leaf] for leaf, count in counts.items()),
        sum(count * squared[leaf] for leaf, count in counts.items()),
        sum(count * (squared[leaf] ** 2 + squared_std[leaf] ** 2) for leaf, count in counts.items()),
    )
