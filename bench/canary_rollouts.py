"""Simulated rollouts: hours of paired differences are drawn, and after each all are judged as the product judges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.confidence_sequence import (
    BURN_IN_BLOCKS,
    clustered_confidence_sequence,
    confidence_sequence,
    decide,
)

ROWS_AN_HOUR = 48  # of flights, on average
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stream:
    """Where hours are drawn from: of each its rows, the sum of their differences, and of their squares [hours]."""

    counts: NDArray[np.int64]
    totals: Floats
    squares: Floats

    def negated(self) -> "Stream":
        return Stream(self.counts, -self.totals, self.squares)


@dataclass(frozen=True, slots=True)
class Fates:
    """Labelled rows of both releases when each rollout was first called so [rollouts]; infinity where it never was."""

    harmful: Floats
    better: Floats


def whole_hours(difference: Floats, hours: NDArray[np.int64]) -> Stream:
    """Hours as they were: their flights share the weather, and with it what each model is wrong about."""
    places = np.unique(hours, return_inverse=True)[1]
    return Stream(np.bincount(places), np.bincount(places, difference), np.bincount(places, difference**2))


def independent_rows(difference: Floats, hours: int = 20_000) -> Stream:
    """Hours of as many rows each, which are drawn one by one from all."""
    drawn = np.random.default_rng(1).choice(difference, (hours, ROWS_AN_HOUR))
    return Stream(np.full(hours, ROWS_AN_HOUR), drawn.sum(axis=1), (drawn**2).sum(axis=1))


def rollouts(stream: Stream, number: int, hours: int, *, clustered: bool = True) -> Fates:
    """Draw so many hours for each rollout, and look at all rows so far after each hour.

    A look is a call of the product's own function where a cheap lower bound of the interval's reach does not already
    say that it decides nothing. Not `clustered`: by the sequence that takes rows for independent, for comparison.
    """
    chance = np.random.default_rng(2)
    harmful, better = np.full(number, np.inf), np.full(number, np.inf)
    for place in range(number):
        drawn = chance.integers(0, len(stream.counts), hours)
        counts, totals, squares = stream.counts[drawn], stream.totals[drawn], np.cumsum(stream.squares[drawn])
        rows, sums = np.cumsum(counts), np.cumsum(totals)
        may_decide = _may_decide(rows, sums, squares, totals, counts) if clustered else np.ones(hours, bool)
        may_decide[: BURN_IN_BLOCKS - 1] = False
        for look in np.flatnonzero(may_decide).tolist():
            if clustered:
                interval = clustered_confidence_sequence(counts[: look + 1], totals[: look + 1], float(squares[look]))
            else:
                interval = confidence_sequence(int(rows[look]), float(sums[look]), float(squares[look]))
            decision = decide(interval)
            if decision == "harmful" and not np.isfinite(harmful[place]):
                harmful[place] = rows[look]
            elif decision == "better" and not np.isfinite(better[place]):
                better[place] = rows[look]
            if decision != "undecided":
                break
    return Fates(harmful, better)


def _may_decide(
    rows: NDArray[np.int64], sums: Floats, squares: Floats, totals: Floats, counts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Looks at which the mean is more than 3 clustered standard errors off zero: no interval here reaches less far."""
    mean = sums / rows
    between = (
        np.cumsum(totals**2) - 2 * mean * np.cumsum(totals * counts) + mean**2 * np.cumsum(counts.astype(float) ** 2)
    )
    errors = np.sqrt(np.maximum(between, squares - rows * mean**2)) / rows
    return np.asarray(np.abs(mean) > 3 * errors)
