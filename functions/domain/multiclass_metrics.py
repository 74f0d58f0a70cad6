"""Metrics of a classifier with several classes from its confusion matrix; counts may be expected ones."""

from collections.abc import Mapping

import numpy as np

from functions.domain.intervals import logit_interval, mean_interval, wilson_interval, within
from functions.domain.ranking import Floats
from functions.domain.reference import MetricValue


def multiclass_metrics(
    confusion: Floats, loss_rows: float, losses: float, loss_squares: float, confidence: float
) -> Mapping[str, MetricValue]:
    """All metrics of the task by name, each with its interval.

    `confusion` is [true class, predicted class]; `losses` and `loss_squares` are sums over `loss_rows` rows of the log
    loss and of its square (fewer rows than in `confusion`, where some have no probabilities).
    """
    rows = float(confusion.sum())
    return {
        "log_loss": within(mean_interval(loss_rows, losses, loss_squares, confidence), 0.0),
        "accuracy": wilson_interval(float(np.trace(confusion)), rows, confidence),
        "f1_macro": macro_f1(confusion, confidence),
    }


def macro_f1(confusion: Floats, confidence: float) -> MetricValue:
    """Mean F1 of the classes that occur, as truth or as prediction.

    Its variance is the delta method's over the cells of the matrix (Takahashi et al. 2022, Applied Intelligence 52,
    p. 4961): the sum over rows of the squared derivative with respect to the row's cell.
    """
    hits = np.diag(confusion)
    size = confusion.sum(axis=0) + confusion.sum(axis=1)
    there = size > 0
    if not there.any():
        return MetricValue(None, None, None)
    held = np.where(there, size, 1.0)
    value = float((2 * hits / held).sum() / there.sum())
    # A row of true class i that is called j lowers the F1 of both; on the diagonal it raises that of its class.
    lowers = 2 * hits / held**2
    slope = -(lowers[:, None] + lowers[None, :])
    np.fill_diagonal(slope, 2 * (size - 2 * hits) / held**2)
    variance = float((confusion * (slope / there.sum()) ** 2).sum())
    return logit_interval(value, variance, confidence)
