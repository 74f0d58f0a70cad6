"""Whether a challenger's loss differs from the champion's, when one looks again and again and stops when one likes.

An asymptotic confidence sequence of a mean: intervals that all hold it together with probability 1 - alpha, however
often one looks. Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central limit theory and
asymptotic confidence sequences, Annals of Statistics 52(6), arXiv 2103.06476: Robbins' normal mixture with the sample's
standard deviation in the place of the true one.

What holds of many is not claimed of few: there is no interval before BURN_IN rows in BURN_IN_BLOCKS blocks, and three
things beyond the paper keep it honest soon after. Rows of one block of time (an hour) may depend on each other;
Student's distribution replaces the normal one; and two more blocks as far out as the farthest are reckoned with, as
rare storms may not have come yet. What that is worth `make bench-canary` shows on real flights.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BURN_IN = 300  # rows
BURN_IN_BLOCKS = 30
UNSEEN = 2  # blocks as far out as the farthest that are reckoned with: measured, not derived
BEST_AT = 8_000  # rows at which the interval is as short as one of its kind can be
ALPHA = 0.05

Decision = Literal["better", "harmful", "undecided"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies; no limits where the rows do not say, no mean where there are none."""

    mean: float | None
    low: float | None
    high: float | None
    count: int


def confidence_sequence(
    count: int,
    total: float,
    total_of_squares: float,
    alpha: float = ALPHA,
    best_at: int = BEST_AT,
    blocks: int | None = None,
) -> Interval:
    """The two-sided interval of a mean from the sums of its rows' values and of their squares; see the clustered one.

    `blocks` is how many independent blocks the rows are from; without it, each row is one. Values that are all equal
    say nothing of how values differ: no interval.

    Raises:
        ValueError: `alpha` is not between 0 and 1, `best_at` not positive, or a count negative.
    """
    independent = count if blocks is None else blocks
    if not 0 < alpha < 1 or best_at < 1 or min(count, independent) < 0:
        raise ValueError(
            f"no confidence sequence of alpha {alpha}, best at {best_at}, of {count} rows, {blocks} blocks"
        )
    if count == 0:
        return Interval(None, None, None, 0)
    mean = total / count
    spread = total_of_squares / count - mean * mean
    if count < BURN_IN or independent < BURN_IN_BLOCKS or not 1e-14 * mean * mean < spread < math.inf:
        return Interval(mean, None, None, count)
    deviations = _students(margin(count, alpha, best_at) * math.sqrt(count), independent - 1)
    reach = deviations * math.sqrt(spread * independent / (independent - 1) / count)
    return Interval(mean, mean - reach, mean + reach, count)


def clustered_confidence_sequence(
    counts: NDArray[np.int64],
    totals: NDArray[np.float64],
    total_of_squares: float,
    alpha: float = ALPHA,
    best_at: int = BEST_AT,
) -> Interval:
    """The interval of the mean over rows, where rows of one block depend on each other: from sums by block [blocks].

    `counts` are the rows in each block, `totals` the sums of their values; `total_of_squares` is over all rows. The
    variance is that of a ratio of sums over independent blocks: the sum of (total - count mean)² (Cochran 1977,
    Sampling Techniques, chapter 6), with the largest of these UNSEEN times more for blocks that did not come yet; never
    less than that of independent rows.

    Raises:
        ValueError: as `confidence_sequence`.
    """
    filled = counts > 0
    sizes, sums = counts[filled].astype(np.float64), totals[filled].astype(np.float64)
    rows, total = int(sizes.sum()), float(sums.sum())
    if rows == 0:
        return confidence_sequence(0, 0.0, 0.0, alpha, best_at, 0)
    mean = total / rows
    off = (sums - sizes * mean) ** 2
    squares = max(total_of_squares, float(off.sum() + UNSEEN * off.max()) + rows * mean * mean)
    return confidence_sequence(rows, total, squares, alpha, best_at, len(sizes))


def margin(count: int, alpha: float, best_at: int) -> float:
    """How many standard deviations the paper's interval reaches to each side of a mean of `count` rows.

    With r = rho²: sqrt(2 (count r + 1) / (count² r) log(sqrt(count r + 1) / alpha)).
    """
    grown = count * rho_squared(alpha, best_at) + 1
    return math.sqrt(2 * grown / (count * (grown - 1)) * math.log(math.sqrt(grown) / alpha))


def rho_squared(alpha: float, best_at: int) -> float:
    """The mixture's variance that makes the margin at `best_at` rows the smallest.

    There the margin's derivative is zero: x = log((1 + x) / alpha²) for x = best_at rho², which the paper solves by
    Lambert's W. The map is a contraction for x > 0, so repeating it finds x.
    """
    x = -2 * math.log(alpha)
    for _ in range(200):
        x, before = math.log1p(x) - 2 * math.log(alpha), x
        if abs(x - before) <= 1e-15 * x:
            break
    return x / best_at


def decide(interval: Interval) -> Decision:
    """Of a difference, the challenger's loss minus the champion's: below zero it is better, above it harmful."""
    if interval.low is not None and interval.low > 0:
        return "harmful"
    if interval.high is not None and interval.high < 0:
        return "better"
    return "undecided"


def _students(normal: float, freedom: int) -> float:
    """Student's quantile at the normal one's probability, to the second order in 1/freedom.

    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.5.
    """
    z = normal
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
