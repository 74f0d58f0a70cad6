"""Whether a challenger is better than the champion on the same rows, by how much, and how sure that is.

The paired bootstrap (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13): rows are drawn
again with replacement, both models are scored on the same draw, and the gain's quantiles over the draws are its limits.
Rows of one moment are not independent, so whole blocks of time are drawn. With few blocks the quantiles lie too close
together: they are taken further out, as Student's distribution is wider than the normal one (Hesterberg 2015, What
teachers should know about the bootstrap, The American Statistician 69(4), p. 371: "expanded percentile").
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from functions.domain.metric_names import Better
from functions.domain.paired_scores import Floats, PairedScore
from functions.domain.significant import significant
from functions.domain.students_t import quantile

LEAST_BLOCKS = 5  # with fewer, nothing is known of how they differ
RESAMPLES = 2_000
DIGITS = 9  # of results: sums differ between machines in the last digits


@dataclass(frozen=True, slots=True)
class Gain:
    """A challenger's gain: positive is better, whichever side of the metric is.

    The difference of both values, relative to the size of the champion's; where that is 0, `relative` is False and it
    is the difference itself. `low` and `high` are one-sided limits, each with the stated confidence; None where the
    metric is not defined on the rows (of `low` also: on too many draws), or the blocks are too few to say.
    """

    value: float | None
    low: float | None
    high: float | None
    champion: float | None
    challenger: float | None
    relative: bool = True
    blocks: int = 0


def paired_gain(
    score: PairedScore,
    better: Better,
    rows: int,
    blocks: NDArray[np.integer] | None = None,
    *,
    resamples: int = RESAMPLES,
    confidence: float = 0.9,
    seed: int = 0,
) -> Gain:
    """The gain on `rows` rows. `score` gives the champion's and the challenger's value for weights of the rows [rows].

    `blocks` [rows] says of each row which block of time it is from; without it, each row is one. Draws in which the
    metric is not defined for both (a class is missing) count against the challenger. The same seed gives the same
    result on every machine.

    Raises:
        ValueError: `blocks` is not of the rows, no resamples, or a confidence that is not between 0.5 and 1.
    """
    if blocks is not None and len(blocks) != rows:
        raise ValueError(f"{len(blocks)} blocks' numbers for {rows} rows")
    if resamples < 1 or not 0.5 < confidence < 1:
        raise ValueError(f"no bootstrap with {resamples} resamples and confidence {confidence}")
    places = None if blocks is None else np.unique(blocks, return_inverse=True)[1]
    number = rows if places is None else (int(places.max()) + 1 if rows else 0)
    if rows == 0:
        return Gain(None, None, None, None, None)
    champion, challenger = score(np.ones(rows))
    if not (math.isfinite(champion) and math.isfinite(challenger)):
        return Gain(None, None, None, significant(champion, DIGITS), significant(challenger, DIGITS), blocks=number)
    scale = abs(champion) or 1.0
    value: float | None = _improvement(champion, challenger, better) / scale
    low: float | None = None
    high: float | None = None
    if number >= LEAST_BLOCKS:
        gains = np.array([_improvement(*score(weights), better) for weights in _draws(number, places, resamples, seed)])
        low, high = _limits(np.where(np.isfinite(gains), gains, -math.inf) / scale, number, confidence)
    value, low, high = (significant(part, DIGITS) for part in (value, low, high))
    return Gain(
        value,
        low,
        high,
        significant(champion, DIGITS),
        significant(challenger, DIGITS),
        relative=champion != 0,
        blocks=number,
    )


def _draws(number: int, places: NDArray[np.int64] | None, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each row is in each draw [rows]: all blocks are drawn again with replacement."""
    chance = np.random.Generator(np.random.PCG64(seed))
    for _ in range(resamples):
        drawn = np.bincount(chance.integers(0, number, number), minlength=number).astype(np.float64)
        yield drawn if places is None else drawn[places]


def _improvement(champion: float, challenger: float, better: Better) -> float:
    if better == "zero":
        return abs(champion) - abs(challenger)
    return champion - challenger if better == "lower" else challenger - champion


def _limits(gains: Floats, blocks: int, confidence: float) -> tuple[float, float]:
    """The gains' quantiles: those that are drawn, not between them, so that infinities stay what they are."""
    ordered = np.sort(gains)
    beyond = 1 - NormalDist().cdf(quantile(confidence, blocks - 1) * math.sqrt(blocks / (blocks - 1)))
    place = min(math.floor(beyond * len(ordered)), len(ordered) - 1)
    return float(ordered[place]), float(ordered[len(ordered) - 1 - place])
