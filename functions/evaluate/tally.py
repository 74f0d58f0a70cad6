"""What the performance of a group of rows is computed from, whatever the task."""

from collections.abc import Mapping
from typing import Protocol, Self

from functions.domain.reference import MetricValue
from functions.evaluate.grouping import Grouping


class Tally(Protocol):
    """Sums over labelled rows; the sum of two tallies is that of all their rows."""

    @property
    def rows(self) -> float:
        """How many rows have been tallied."""
        ...

    def __add__(self, other: Self) -> Self: ...

    def metrics(self, confidence: float) -> Mapping[str, MetricValue]:
        """Metrics by name, each with its interval."""
        ...

    def bounds(self) -> Mapping[str, float]:
        """How far off a metric can be at most, by name; those that are not listed are exact."""
        ...


class Tallier(Protocol):
    """Counts the labelled rows of one task."""

    def empty(self) -> Tally:
        """The tally of no rows."""
        ...

    def tallies(self, by: Grouping, slices: bool) -> Mapping[int, Tally]:
        """A tally for each code of `by` that occurs; `slices` allows a coarser one, since there may be many."""
        ...
