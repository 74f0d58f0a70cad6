"""Metrics of a regression from sums of powers, so that rows never have to be held."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.intervals import mean_interval, normal_interval, within
from functions.domain.reference import MetricValue


@dataclass(frozen=True, slots=True)
class ErrorSums:
    """Sums over rows of an error e = predicted - true and of the truth t, which is counted from a centre near its mean.

    The centre keeps the powers from cancelling; which one it is does not change the results.
    """

    rows: float
    e: float
    absolute_e: float
    e2: float
    e4: float
    t: float
    t2: float
    t3: float
    t4: float
    e2_t: float
    e2_t2: float

    def __add__(self, other: "ErrorSums") -> "ErrorSums":
        return ErrorSums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def error_sums(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> ErrorSums:
    """Sums over rows [rows]."""
    e, t = predicted - truth, truth - truth.mean()
    powers = (e, np.abs(e), e**2, e**4, t, t**2, t**3, t**4, e**2 * t, e**2 * t**2)
    return ErrorSums(float(len(truth)), *(math.fsum(power) for power in powers))


def regression_metrics(sums: ErrorSums, confidence: float) -> Mapping[str, MetricValue]:
    """All metrics of the task by name: MAE and bias by the central limit theorem, RMSE and R² by the delta method."""
    if sums.rows <= 0:
        nothing = MetricValue(None, None, None)
        return {"mae": nothing, "rmse": nothing, "r2": nothing, "bias": nothing}
    return {
        "mae": within(mean_interval(sums.rows, sums.absolute_e, sums.e2, confidence), 0.0),
        "rmse": root_mean_square(sums.rows, sums.e2, sums.e4, confidence),
        "r2": _r_squared(sums, confidence),
        "bias": mean_interval(sums.rows, sums.e, sums.e2, confidence),
    }


def root_mean_square(rows: float, squares: float, fourths: float, confidence: float) -> MetricValue:
    """The root of a mean square, by the delta method: half the relative standard error of the mean square."""
    mean = squares / rows
    if mean <= 0 or rows < 2:
        return MetricValue(math.sqrt(max(mean, 0.0)), None, None)
    variance = (fourths / rows - mean * mean) / (rows - 1)
    return within(normal_interval(math.sqrt(mean), variance / (4 * mean), confidence), 0.0)


def _r_squared(sums: ErrorSums, confidence: float) -> MetricValue:
    """The share of the truth's variance that is explained: 1 - E e² / Var t; None where the truth does not vary.

    By the delta method: a row's influence on it is -(e² - E e²)/V + E e² ((t - mean)² - V)/V², with V = Var t, and the
    variance of the estimate is the mean square of that over the number of rows.
    """
    n = sums.rows
    mean, error = sums.t / n, sums.e2 / n
    spread = sums.t2 / n - mean * mean
    if n < 2 or spread <= 1e-14 * max(sums.t2 / n, 1e-300):
        return MetricValue(None, None, None)
    fourth = sums.t4 / n - 4 * mean * sums.t3 / n + 6 * mean**2 * sums.t2 / n - 3 * mean**4
    mixed = sums.e2_t2 / n - 2 * mean * sums.e2_t / n + mean**2 * error
    of_errors = sums.e4 / n - error * error
    of_truth = fourth - spread * spread
    together = mixed - error * spread
    ratio = error / spread
    variance = (of_errors - 2 * ratio * together + ratio * ratio * of_truth) / spread / spread / (n - 1)
    if not math.isfinite(variance):  # numbers so large or so small that their powers are none
        return MetricValue(1 - ratio, None, None)
    return within(normal_interval(1 - error / spread, variance, confidence), highest=1.0)
