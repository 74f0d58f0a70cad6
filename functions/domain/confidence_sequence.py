"""Whether a challenger's loss differs from the champion's, when one looks again and again and stops when one likes.

An asymptotic confidence sequence of a mean: a sequence of intervals that all hold it together, with probability
1 - alpha, however often one looks. Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central limit
theory and asymptotic confidence sequences, Annals of Statistics 52(6), arXiv 2103.06476: Robbins' normal mixture with
the sample's standard deviation in the place of the true one. What holds asymptotically is not claimed of few rows:
below BURN_IN rows, or BURN_IN_BLOCKS blocks of time, there is no interval.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BURN_IN = 300  # rows
BURN_IN_BLOCKS = 20
BEST_AT = 2_000  # rows at which the interval is as short as any of its kind can be

Decision = Literal["better", "harmful", "undecided"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies; no limits where the rows do not say, no mean where there are none."""

    mean: float | None
    low: float | None
    high: float | None
    count: int


def confidence_sequence(
    count: int, total: float, total_of_squares: float, alpha: float = 0.05, best_at: int = BEST_AT
) -> Interval:
    """The two-sided interval of a mean from the sum of its rows' values and of their squares. Rows are independent.

    Where rows of one time depend on each other, `total_of_squares` is that of `squares_by_block`. Values that are all
    equal say nothing of how they differ: no interval.

    Raises:
        ValueError: `alpha` is not between 0 and 1, or `best_at` or `count` is no number of rows.
    """
    if not 0 < alpha < 1 or best_at < 1 or count < 0:
        raise ValueError(f"no confidence sequence of alpha {alpha}, best at {best_at}, of {count} rows")
    if count == 0:
        return Interval(None, None, None, 0)
    mean = total / count
    spread = total_of_squares / count - mean * mean
    if count < BURN_IN or not spread > 1e-14 * mean * mean:
        return Interval(mean, None, None, count)
    reach = math.sqrt(spread * count / (count - 1)) * margin(count, alpha, best_at)
    return Interval(mean, mean - reach, mean + reach, count)


def margin(count: int, alpha: float, best_at: int) -> float:
    """How many standard deviations the interval reaches to each side of a mean of `count` rows (Theorem 2.2).

    sqrt(2 (t r + 1) / (t² r) log(sqrt(t r + 1) / alpha)), with r = rho².
    """
    grown = count * rho_squared(alpha, best_at) + 1
    return math.sqrt(2 * grown / (count * (grown - 1)) * math.log(math.sqrt(grown) / alpha))


def rho_squared(alpha: float, best_at: int) -> float:
    """The mixture's variance that makes the interval at `best_at` rows the shortest.

    Setting the margin's derivative to zero gives x = log((1 + x) / alpha²) for x = best_at rho²: the paper's closed
    form with Lambert's W, appendix B.2. The map is a contraction, so repeating it finds x.
    """
    x = -2 * math.log(alpha) + 1
    for _ in range(200):
        x, before = math.log1p(x) - 2 * math.log(alpha), x
        if abs(x - before) <= 1e-15 * x:
            break
    return x / best_at


def squares_by_block(counts: NDArray[np.generic], totals: NDArray[np.float64], total_of_squares: float) -> float:
    """What to take for the sum of squares where rows of one block (an hour) depend on each other.

    `counts` and `totals` [blocks] are the number of rows in each and the sum of their values. The variance of the sum of
    all rows is then that of the sum of independent blocks, sum of (total - count mean)²: the clustered variance of a
    ratio (Cochran 1977, Sampling Techniques, section 9A.2). It is never taken for less than that of independent rows.
    With fewer than BURN_IN_BLOCKS blocks nothing is known of how they differ: infinity, so that there is no interval.
    """
    rows = float(counts.sum())
    if len(counts) < BURN_IN_BLOCKS or rows <= 0:
        return math.inf
    mean = float(totals.sum()) / rows
    between = float(np.sum((totals - counts * mean) ** 2)) * len(counts) / (len(counts) - 1)
    return max(total_of_squares, between + rows * mean * mean)


def decide(interval: Interval) -> Decision:
    """Of a difference (the challenger's loss minus the champion's): below zero it is better, above it harmful."""
    if interval.low is not None and interval.low > 0:
        return "harmful"
    if interval.high is not None and interval.high < 0:
        return "better"
    return "undecided"
