"""The values of a metric in one minute or hour: count, sum, extremes, and a sketch good for percentiles within 1 %.

The sketch counts values in logarithmic bins, after DDSketch (Masson, Rim and Lee, VLDB 2019, section 2): a bin of ratio
(1 + a) / (1 - a) around its middle gives each quantile with a relative error of at most a.
"""

from __future__ import annotations

from math import ceil, exp, log

ACCURACY = 0.005
RATIO_LOG = log((1 + ACCURACY) / (1 - ACCURACY))
MIDDLE = 2 / (1 + (1 + ACCURACY) / (1 - ACCURACY))
TINY = 1e-9  # nearer to zero than this is zero


class Bucket:
    """`add` takes values. Bins exist only once two values differ: most metrics count ones."""

    __slots__ = ("_bins", "count", "high", "low", "opaque", "total")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.low = float("inf")
        self.high = float("-inf")
        self.opaque = False  # holds values of which only their sum and extremes are known
        self._bins: dict[tuple[int, int], float] | None = None

    def add(self, value: float, count: float = 1.0) -> None:
        """`count` times `value`."""
        if self._bins is None and self.count and not self.low == self.high == value:
            self._bins = {} if self.opaque else {_bin(self.low): self.count}
        if self._bins is not None:
            place = _bin(value)
            self._bins[place] = self._bins.get(place, 0.0) + count
        self.count += count
        self.total += value * count
        self.low, self.high = min(self.low, value), max(self.high, value)

    def add_summary(self, count: float, total: float, low: float, high: float) -> None:
        """Values that came as a summary: no percentile can be told of what holds them, unless they are all the same."""
        if low == high:
            return self.add(low, count)
        self.opaque = True
        self.count, self.total = self.count + count, self.total + total
        self.low, self.high = min(self.low, low), max(self.high, high)
        return None

    def merge(self, other: Bucket) -> None:
        """Add all that another bucket holds."""
        if not other.count:
            return
        if other._bins is None and not other.opaque:
            self.add(other.low, other.count)
            return
        if self._bins is None:
            self._bins = {_bin(self.low): self.count} if self.count and not self.opaque else {}
        for place, count in (other._bins or {}).items():
            self._bins[place] = self._bins.get(place, 0.0) + count
        self.opaque = self.opaque or other.opaque
        self.count, self.total = self.count + other.count, self.total + other.total
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def percentile(self, percent: float) -> float | None:
        """The value that `percent` of the values do not exceed (nearest rank), within 1 %; None where unknown."""
        if self.opaque or not self.count:
            return None
        if self._bins is None:
            return self.low
        rank = max(1.0, ceil(percent / 100 * self.count - 1e-9))
        if rank >= self.count:
            return self.high
        seen = 0.0
        for place in sorted(self._bins, key=_order):
            seen += self._bins[place]
            if seen >= rank - 1e-9:
                return min(max(_middle(place), self.low), self.high)
        return self.high

    def statistic(self, name: str) -> float | None:
        """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or `p95.5`. Raises KeyError: another name."""
        if name.startswith("p"):
            return self.percentile(percentage(name))
        if name == "Average":
            return self.total / self.count if self.count else None
        values = {"Sum": self.total, "Minimum": self.low, "Maximum": self.high, "SampleCount": self.count}
        return values[name]


def percentage(name: str) -> float:
    """95.5 of `p95.5`. Raises KeyError: it is no percentile."""
    try:
        percent = float(name[1:])
    except ValueError:
        raise KeyError(name) from None
    if not name.startswith("p") or not 0 <= percent <= 100:
        raise KeyError(name)
    return percent


def is_statistic(name: str) -> bool:
    """Whether it is a statistic that buckets give."""
    try:
        Bucket().statistic(name)
    except KeyError:
        return False
    return True


def _bin(value: float) -> tuple[int, int]:
    """Sign and exponent."""
    if abs(value) < TINY:
        return 0, 0
    return (1 if value > 0 else -1), ceil(log(abs(value)) / RATIO_LOG)


def _order(place: tuple[int, int]) -> tuple[int, int]:
    sign, exponent = place
    return sign, sign * exponent


def _middle(place: tuple[int, int]) -> float:
    sign, exponent = place
    return sign * exp(exponent * RATIO_LOG) * MIDDLE if sign else 0.0
