"""The Wasserstein distance between a window and its reference, from counts and means by bin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.column_counts import NumberCounts


@dataclass(frozen=True, slots=True)
class Distance:
    """In the column's unit. The true distance lies between `value - reference_error` and `value + error`."""

    value: float
    error: float
    reference_error: float


def wasserstein(window: NumberCounts, quantiles: NDArray[np.float64]) -> Distance | None:
    """The area between the two distribution functions (W1; Vallender 1974, Theory Probab. Appl. 18, 784-786).

    `quantiles` are the reference's at 0, 1/m, …, 1 ([m + 1]); the window's knots hold the first and the last of them.
    Between them the reference is taken to be uniform, which displaces its distribution function by an area of at most
    (largest - smallest) / 2m: `reference_error`.

    The area below the window's distribution function is exact in every bin, since it follows from the bin's count and
    mean. So the area between the two is exact wherever they do not cross inside a bin. Where they may, the areas on
    either side of the crossing partly cancel: by no more than 2 x width x ab / (a + b), where a and b are how far each
    can be above the other. `error` is that sum and `reference_error`.

    None where the window has no values, or the reference fewer than two quantiles.
    """
    if window.present == 0 or len(quantiles) < 2:
        return None
    ends = [min(window.knots[0], _number(window.min)), max(window.knots[-1], _number(window.max))]
    marks = np.concatenate([ends[:1], window.knots, ends[1:]])  # bin i lies between marks i and i + 1
    width, share = np.diff(marks), window.counts / window.present
    below = np.concatenate([[0.0], np.cumsum(share)])  # the window's distribution function at each mark
    area = below[:-1] * width + share * np.where(window.counts > 0, marks[1:] - window.means, 0)
    apart = area - np.diff(_area_below(quantiles, marks))
    start, end = _at_most(quantiles, marks[:-1]), _below(quantiles, marks[1:])
    above, under = np.maximum(below[1:] - start, 0), np.maximum(end - below[:-1], 0)
    either = np.maximum(above + under, np.finfo(np.float64).tiny)
    cancelled = float(np.sum(2 * width * above * under / either))
    reference_error = float(quantiles[-1] - quantiles[0]) / (2 * max(len(quantiles) - 1, 1))
    return Distance(float(np.abs(apart).sum()), cancelled + reference_error, reference_error)


def _number(value: float | None) -> float:
    if value is None:
        raise ValueError("values were counted, but not the smallest and the largest")
    return value


def _area_below(quantiles: NDArray[np.float64], marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area under the reference's distribution function up to each mark, [marks]: the mean of max(mark - X, 0)."""
    low, high = quantiles[:-1], quantiles[1:]
    beyond = marks[:, None] - (low + high) / 2
    inside = np.clip(marks[:, None] - low, 0, high - low) ** 2 / (2 * np.where(high > low, high - low, 1))
    return np.asarray(np.where(marks[:, None] >= high, beyond, inside).mean(axis=1))


def _at_most(quantiles: NDArray[np.float64], marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The reference's share of values at or below each mark, [marks]."""
    return _share(quantiles, marks, marks[:, None] >= quantiles[1:])


def _below(quantiles: NDArray[np.float64], marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The reference's share of values below each mark, [marks]."""
    return _share(quantiles, marks, marks[:, None] > quantiles[1:])


def _share(quantiles: NDArray[np.float64], marks: NDArray[np.float64], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
    low, high = quantiles[:-1], quantiles[1:]
    part = np.clip(marks[:, None] - low, 0, high - low) / np.where(high > low, high - low, 1)
    return np.asarray(np.where(whole, 1.0, part).mean(axis=1))
