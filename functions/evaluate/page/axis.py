"""Axes: where a value lies between two ends, and round numbers to mark."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST = 1e300  # beyond that, the length of an axis would not be a number


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high`, which differ."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value lies, in per cent of the axis; values beyond an end lie on it."""
        return round(100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))), 2)

    def ticks(self, about: int = 4) -> Iterator[float]:
        """Round numbers on the axis, about so many."""
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        for count in range(about * 3):
            value = (first + count) * step
            if value > self.high + step * 1e-9:
                return
            yield round(value, 12)


def around(values: Iterable[float | None], margin: float = 0.08) -> Axis:
    """An axis that has room for all values that are known, and a margin on either side."""
    known = [min(_MOST, max(-_MOST, value)) for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * margin or abs(high) * margin or 0.5
    return Axis(low - room, high + room)


def _round_step(rough: float) -> float:
    size: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * size for step in _STEPS if step * size >= rough * (1 - 1e-9))
