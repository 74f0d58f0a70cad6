"""Isotonic regression: the non-decreasing map from score to observed frequency that fits best in squares."""

import numpy as np
from numpy.typing import NDArray

from functions.domain.reference import Calibration
from functions.domain.reference_digest import DIGITS
from functions.domain.significant import significant


def isotonic(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Calibration:
    """Fit by pooling adjacent violators (Ayer et al. 1955; for calibration Zadrozny and Elkan 2002, KDD, p. 694).

    `scores` [rows] in any order, at least one; equal scores are one point. Of each run of equal frequencies the map has
    the first and the last point, as scikit-learn's IsotonicRegression has.
    """
    points, place = np.unique(scores, return_inverse=True)
    weights = np.bincount(place).astype(np.float64)
    rates = pool_adjacent_violators(np.bincount(place, weights=truth) / weights, weights)
    inner = np.flatnonzero((rates[1:-1] != rates[:-2]) | (rates[1:-1] != rates[2:])) + 1
    kept = np.unique([0, *inner, len(points) - 1])
    return Calibration(
        tuple(significant(value) or 0.0 for value in points[kept].tolist()),
        tuple(significant(value, DIGITS) or 0.0 for value in rates[kept].tolist()),
    )


def pool_adjacent_violators(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbours that would fall replaced by their weighted mean, until nothing falls."""
    means: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, length = value, weight, 1
        while means and means[-1] >= mean:
            before = masses.pop()
            mean = (means.pop() * before + mean * mass) / (before + mass)
            mass, length = mass + before, length + lengths.pop()
        means.append(mean)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(means, lengths)
