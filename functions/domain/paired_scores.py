"""Two models' metrics on the same weighted rows: what the paired bootstrap scores each draw with.

Each builder prepares what does not change between draws (losses, orders) and gives a function of weights [rows], how
often each row is in a draw, to the champion's and the challenger's value; NaN where a metric is not defined on a draw.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.binary_metrics import CALIBRATION_BINS, SMALLEST_PROBABILITY, calibration_bin
from functions.domain.contract import Task

Floats = NDArray[np.float64]
PairedScore = Callable[[Floats], tuple[float, float]]
Score = Callable[[Floats], float]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model says of the rows.

    `predicted` [rows]: bool (binary), the class's number (multiclass) or a number (regression). `probabilities`: of the
    positive class [rows] (binary), or [rows, classes] (multiclass); None where the model gives none.
    """

    predicted: NDArray[np.generic]
    probabilities: Floats | None = None


def paired_score(
    task: Task, metric: str, truth: NDArray[np.generic], champion: Answers, challenger: Answers
) -> PairedScore:
    """The score of a metric of the task's. `truth` is of the kind of `Answers.predicted`.

    Raises:
        ValueError: a metric that the task has not, or one of probabilities of a model that gives none.
    """
    builders = _BUILDERS[task]
    if metric not in builders:
        raise ValueError(f"a {task} model has no metric {metric}: it has {', '.join(builders)}")
    return _pair(*(builders[metric](truth, answers) for answers in (champion, challenger)))


def row_losses(task: Task, truth: NDArray[np.generic], answers: Answers) -> Floats:
    """Each row's loss [rows]: log loss of a classifier, absolute error of a regression; what a canary is judged by.

    Raises:
        ValueError: a classifier without probabilities.
    """
    if task == "regression":
        return np.abs(_errors(truth, answers))
    return _log_losses(truth, answers)


def _pair(champion: Score, challenger: Score) -> PairedScore:
    return lambda weights: (champion(weights), challenger(weights))


def _sum(values: Floats) -> float:
    """Not by a dot product: BLAS starts threads for it, and adds up differently on each machine."""
    return float(np.sum(values))


def _mean(values: Floats) -> Score:
    return lambda weights: _sum(weights * values) / _sum(weights)


def _probabilities(answers: Answers) -> Floats:
    if answers.probabilities is None:
        raise ValueError("this metric is of probabilities, and the model gives none")
    return answers.probabilities.astype(np.float64)


def _log_losses(truth: NDArray[np.generic], answers: Answers) -> Floats:
    chances = _probabilities(answers)
    if chances.ndim == 1:
        given = np.where(truth.astype(bool), chances, 1 - chances)
    else:
        given = chances[np.arange(len(truth)), truth.astype(np.int64)]
    return -np.log(np.maximum(given, SMALLEST_PROBABILITY))


def _errors(truth: NDArray[np.generic], answers: Answers) -> Floats:
    return answers.predicted.astype(np.float64) - truth.astype(np.float64)


def _accuracy(truth: NDArray[np.generic], answers: Answers) -> Score:
    return _mean((truth == answers.predicted).astype(np.float64))


def _brier(truth: NDArray[np.generic], answers: Answers) -> Score:
    return _mean((_probabilities(answers) - truth.astype(np.float64)) ** 2)


def _rmse(truth: NDArray[np.generic], answers: Answers) -> Score:
    mean_square = _mean(_errors(truth, answers) ** 2)
    return lambda weights: math.sqrt(mean_square(weights))


def _r2(truth: NDArray[np.generic], answers: Answers) -> Score:
    values = truth.astype(np.float64)
    centred = values - values.mean()
    means = [_mean(part) for part in (_errors(truth, answers) ** 2, centred, centred**2)]

    def score(weights: Floats) -> float:
        squares, first, second = (mean(weights) for mean in means)
        spread = second - first * first
        return 1 - squares / spread if spread > 1e-14 * second else math.nan

    return score


def _f1(truth: NDArray[np.generic], answers: Answers) -> Score:
    true, called = truth.astype(bool), answers.predicted.astype(bool)
    right, other = (true & called).astype(np.float64), (true ^ called).astype(np.float64)

    def score(weights: Floats) -> float:
        hits, wrong = _sum(weights * right), _sum(weights * other)
        return 2 * hits / (2 * hits + wrong) if hits + wrong > 0 else math.nan

    return score


def _macro_f1(truth: NDArray[np.generic], answers: Answers) -> Score:
    true, called = truth.astype(np.int64), answers.predicted.astype(np.int64)
    classes = int(max(true.max(), called.max())) + 1
    cells = true * classes + called

    def score(weights: Floats) -> float:
        confusion = np.bincount(cells, weights=weights, minlength=classes * classes).reshape(classes, classes)
        size = confusion.sum(axis=0) + confusion.sum(axis=1)
        there = size > 0
        return float(np.mean(2 * np.diag(confusion)[there] / size[there]))

    return score


def _roc_auc(truth: NDArray[np.generic], answers: Answers) -> Score:
    counts = _from_above(truth, _probabilities(answers))

    def score(weights: Floats) -> float:
        true, false = counts(weights)
        pairs = float(true[-1] * false[-1])
        if pairs <= 0:
            return math.nan
        # The trapezium under each step: of positives and negatives with the same score, half are in order.
        return _sum(_steps(false) * (true - _steps(true) / 2)) / pairs

    return score


def _average_precision(truth: NDArray[np.generic], answers: Answers) -> Score:
    counts = _from_above(truth, _probabilities(answers))

    def score(weights: Floats) -> float:
        true, false = counts(weights)
        if true[-1] <= 0:
            return math.nan
        called = true + false
        precision = true / np.where(called > 0, called, 1.0)
        return _sum(_steps(true) * precision) / float(true[-1])

    return score


def _from_above(truth: NDArray[np.generic], scores: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """For weights: how many positives and negatives have each distinct score or a higher one, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)  # of each distinct score
    positive = truth.astype(bool)[order].astype(np.float64)

    def counts(weights: Floats) -> tuple[Floats, Floats]:
        drawn = weights[order]
        true = np.cumsum(drawn * positive)[last]
        return true, np.cumsum(drawn)[last] - true

    return counts


def _steps(cumulated: Floats) -> Floats:
    steps = cumulated.copy()
    steps[1:] -= cumulated[:-1]
    return steps


def _calibration_error(truth: NDArray[np.generic], answers: Answers) -> Score:
    chances = _probabilities(answers)
    off, place = truth.astype(np.float64) - chances, calibration_bin(chances)

    def score(weights: Floats) -> float:
        by_bin = np.bincount(place, weights=weights * off, minlength=CALIBRATION_BINS)
        return _sum(np.abs(by_bin)) / _sum(weights)

    return score


_Builder = Callable[[NDArray[np.generic], Answers], Score]
_CLASSIFIER: dict[str, _Builder] = {
    "log_loss": lambda truth, answers: _mean(_log_losses(truth, answers)),
    "accuracy": _accuracy,
}
_BUILDERS: dict[Task, dict[str, _Builder]] = {
    "binary": {
        **_CLASSIFIER,
        "brier_score": _brier,
        "roc_auc": _roc_auc,
        "average_precision": _average_precision,
        "f1": _f1,
        "calibration_error": _calibration_error,
    },
    "multiclass": {**_CLASSIFIER, "f1_macro": _macro_f1},
    "regression": {
        "mae": lambda truth, answers: _mean(np.abs(_errors(truth, answers))),
        "rmse": _rmse,
        "r2": _r2,
        "bias": lambda truth, answers: _mean(_errors(truth, answers)),
    },
}
