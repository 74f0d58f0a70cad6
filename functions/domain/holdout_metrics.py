"""Hold-out metrics of the ONNX model's own answers, computed as `evaluate` computes them of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.answers import Answers
from functions.domain.binary_metrics import SMALLEST_PROBABILITY, binary_metrics, binary_sums
from functions.domain.contract import Class
from functions.domain.dataset import Column
from functions.domain.errors import ModelFolderError
from functions.domain.multiclass_metrics import multiclass_metrics
from functions.domain.ranking import ScoreGroups, rankings
from functions.domain.reference import MetricValue
from functions.domain.reference_digest import DIGITS
from functions.domain.regression_metrics import error_sums, regression_metrics
from functions.domain.significant import significant

Metrics = Mapping[str, MetricValue]


@dataclass(frozen=True, slots=True)
class Truth:
    """The hold-out's labels beside the model's answers.

    Of a classifier, `labels` and `predicted` are places in its classes [rows], `scores` probabilities [rows, classes]
    and `losses` the log loss [rows]; where it answers no probabilities, `scores` is None, and a wrong class loses 1.
    Of a regression `labels` and `predicted` are values, `losses` absolute errors.
    """

    labels: NDArray[Any]
    predicted: NDArray[Any]
    scores: NDArray[np.float64] | None
    losses: NDArray[np.float64]


def beside_truth(labels: Column, answers: Answers, classes: Sequence[Class] | None, positive: Class | None) -> Truth:
    """Check the answers, and put the labels beside them.

    Raises:
        ModelFolderError: the model answers something that is no number, or a class that is none of its own.
    """
    scores = answers.scores
    if scores is None:
        if classes is None:
            raise ValueError("a regression answers values")
        places, predicted = _places(labels.tolist(), classes), _predicted(answers, classes)
        return Truth(places, predicted, None, (places != predicted).astype(np.float64))
    if not np.isfinite(scores).all():
        row = int(np.flatnonzero(~np.isfinite(scores).all(axis=1))[0])
        raise ModelFolderError(f"the model answers no finite number in hold-out row {row}: mend the model, or its data")
    if classes is None:
        values, truth = scores[:, 0], labels.astype(np.float64)
        return Truth(truth, values, scores, np.abs(values - truth))
    places = _places(labels.tolist(), classes)
    given = scores[np.arange(len(places)), places]
    if positive is not None:
        # As the log has it: the positive class's probability alone.
        k = list(classes).index(positive)
        given = np.where(places == k, scores[:, k], 1 - scores[:, k])
    losses: NDArray[np.float64] = -np.log(np.maximum(given, SMALLEST_PROBABILITY))
    return Truth(places, _predicted(answers, classes), scores, losses)


def measure(truth: Truth, classes: Sequence[Class] | None, positive: Class | None, confidence: float) -> Metrics:
    """The task's metrics by name, each with its interval; None where the hold-out does not allow one."""
    if classes is None:
        found = regression_metrics(error_sums(truth.labels, truth.predicted), confidence)
    elif positive is not None and truth.scores is not None:
        found = _binary(
            truth, truth.scores[:, list(classes).index(positive)], list(classes).index(positive), confidence
        )
    else:
        count = len(classes)
        confusion = np.bincount(truth.labels * count + truth.predicted, minlength=count * count).reshape(count, count)
        losses, squares = float(truth.losses.sum()), float((truth.losses**2).sum())
        found = multiclass_metrics(confusion.astype(np.float64), len(truth.labels), losses, squares, confidence)
        if truth.scores is None:  # no probabilities, no log loss
            found = {name: metric for name, metric in found.items() if name != "log_loss"}
    return {name: _rounded(metric) for name, metric in found.items()}


def values(metrics: Metrics) -> dict[str, float | None]:
    """Without their intervals."""
    return {name: metric.value for name, metric in metrics.items()}


def _binary(truth: Truth, scores: NDArray[np.float64], positive: int, confidence: float) -> Metrics:
    positives = (truth.labels == positive).astype(np.float64)
    sums = binary_sums(scores, positives, 1 - positives, truth.predicted == positive)
    return binary_metrics(sums, rankings(ScoreGroups.of(scores, positives, 1 - positives)), confidence)


def _rounded(metric: MetricValue) -> MetricValue:
    return MetricValue(*(significant(value, DIGITS) for value in (metric.value, metric.low, metric.high)))


def _predicted(answers: Answers, classes: Sequence[Class]) -> NDArray[np.int64]:
    return _places([] if answers.labels is None else answers.labels.tolist(), classes)


def _places(labels: Sequence[Any], classes: Sequence[Class]) -> NDArray[np.int64]:
    order = {label: index for index, label in enumerate(classes)}
    odd = next((label for label in labels if label not in order), None)
    if odd is not None:
        raise ModelFolderError(f"class {odd!r} is not among the model's classes {list(classes)}")
    return np.array([order[label] for label in labels], dtype=np.int64)
