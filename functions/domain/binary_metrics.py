"""Metrics of a binary classifier from counts and sums, so that rows need not be held; counts may be expected ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.calibration_error import calibration_error
from functions.domain.intervals import logit_interval, mean_interval, wilson_interval, within
from functions.domain.ranking import Floats, Ranking, Rankings
from functions.domain.reference import MetricValue

CALIBRATION_BINS = 10  # equal in width: [0, 0.1), …, [0.9, 1]
SMALLEST_PROBABILITY = 1e-15  # what log loss takes for zero


@dataclass(frozen=True, slots=True)
class BinarySums:
    """Sums over rows by calibration bin [bins].

    `log_loss` and `brier` are sums of the rows' losses, `…_squares` of their squares. `called` counts the rows that are
    predicted positive, `hits` those of them that are.
    """

    rows: Floats
    positives: Floats
    scores: Floats
    log_loss: Floats
    log_loss_squares: Floats
    brier: Floats
    brier_squares: Floats
    called: Floats
    hits: Floats

    def __add__(self, other: "BinarySums") -> "BinarySums":
        return BinarySums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def binary_sums(scores: Floats, positives: Floats, negatives: Floats, called: NDArray[np.bool_]) -> BinarySums:
    """Sums over groups [groups]: each has a score, counts of both classes, and is predicted positive or not."""
    place = calibration_bin(scores)
    if_positive = -np.log(np.maximum(scores, SMALLEST_PROBABILITY))
    if_negative = -np.log(np.maximum(1 - scores, SMALLEST_PROBABILITY))
    rows = positives + negatives

    def by_bin(values: Floats) -> Floats:
        return np.bincount(place, weights=values, minlength=CALIBRATION_BINS)

    return BinarySums(
        rows=by_bin(rows),
        positives=by_bin(positives),
        scores=by_bin(rows * scores),
        log_loss=by_bin(positives * if_positive + negatives * if_negative),
        log_loss_squares=by_bin(positives * if_positive**2 + negatives * if_negative**2),
        brier=by_bin(positives * (1 - scores) ** 2 + negatives * scores**2),
        brier_squares=by_bin(positives * (1 - scores) ** 4 + negatives * scores**4),
        called=by_bin(rows * called),
        hits=by_bin(positives * called),
    )


def calibration_bin(scores: Floats) -> NDArray[np.int64]:
    """The calibration bin of each score."""
    return np.clip(np.floor(scores * CALIBRATION_BINS).astype(np.int64), 0, CALIBRATION_BINS - 1)


def binary_metrics(sums: BinarySums, ranked: Rankings, confidence: float) -> Mapping[str, MetricValue]:
    """All metrics of the task by name, each with its interval.

    Log loss and Brier score: central limit theorem. Accuracy: Wilson. ROC AUC (DeLong), average precision
    (infinitesimal jackknife) and F1 (delta method; Takahashi et al. 2022, Applied Intelligence 52, p. 4961) on the
    logit scale. Calibration error: basic bootstrap in closed form.
    """
    rows = float(sums.rows.sum())
    log_loss = mean_interval(rows, float(sums.log_loss.sum()), float(sums.log_loss_squares.sum()), confidence)
    brier = mean_interval(rows, float(sums.brier.sum()), float(sums.brier_squares.sum()), confidence)
    positives, called, hits = (float(part.sum()) for part in (sums.positives, sums.called, sums.hits))
    correct = rows - positives - called + 2 * hits
    return {
        "log_loss": within(log_loss, 0.0),
        "brier_score": within(brier, 0.0, 1.0),
        "roc_auc": _of(ranked.roc_auc, confidence),
        "average_precision": _of(ranked.average_precision, confidence),
        "accuracy": wilson_interval(correct, rows, confidence),
        "f1": f1_score(hits, called - hits, positives - hits, confidence),
        "calibration_error": calibration_error(sums.rows, sums.scores, sums.positives, sums.brier, confidence),
    }


def f1_score(true_positives: float, false_positives: float, false_negatives: float, confidence: float) -> MetricValue:
    """Harmonic mean of precision and recall; None where nothing is positive and nothing was called so."""
    wrong = false_positives + false_negatives
    size = 2 * true_positives + wrong
    if size <= 0:
        return MetricValue(None, None, None)
    variance = 4 * true_positives * wrong * (wrong + true_positives) / size**4
    return logit_interval(2 * true_positives / size, variance, confidence)


def _of(ranking: Ranking, confidence: float) -> MetricValue:
    if ranking.value is None:
        return MetricValue(None, None, None)
    return logit_interval(ranking.value, ranking.variance, confidence)
