"""Who of two versions is better, by what kind of evidence, and when nobody can say.

Evidence is ranked by how alike the rows are that it rests on. Where both answered the same rows, a paired interval of
the difference decides. Where each has an interval of its own, of the same window or of the same hold-out, one is better
only if the intervals do not overlap, which errs on the side of no winner (Schenker and Gentleman 2001, On Judging the
Significance of Differences by Examining the Overlap Between Confidence Intervals, The American Statistician 55(3)).
Values of different rows are told side by side, and have no winner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from functions.domain.metric_names import Better

Kind = Literal["gate", "canary", "windows", "holdout"]
Side = Literal["first", "second"]
Answer = Literal["first", "second", "not_distinguishable", "no_evidence", "not_comparable"]

PAIRED: tuple[Kind, ...] = ("gate", "canary")


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric's value with its confidence interval; None where the data do not allow one."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was measured of both; `winner` is None where it does not tell them apart, `text` is for people."""

    kind: Kind
    winner: Side | None
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        return {**asdict(self), "numbers": dict(self.numbers)}


def by_difference(low: float | None, high: float | None, positive: Side) -> Side | None:
    """The winner by the interval of a paired difference; `positive` is who is better where all of it is above zero."""
    if low is not None and low > 0:
        return positive
    if high is not None and high < 0:
        return "second" if positive == "first" else "first"
    return None


def by_overlap(first: Interval, second: Interval, better: Better) -> Side | None:
    """The winner by two intervals of their own: none where they overlap, or one has none.

    Of a metric that is best at zero, the interval is that of its distance from zero.
    """
    one, other = (_bounds(each, better) for each in (first, second))
    if one is None or other is None:
        return None
    if one[1] < other[0]:
        return "second" if better == "higher" else "first"
    if other[1] < one[0]:
        return "first" if better == "higher" else "second"
    return None


def answer(found: Sequence[Evidence]) -> Answer:
    """What all evidence together says: the paired of it where there is any, else the other.

    Where two paired comparisons contradict each other, they do not tell the versions apart.
    """
    paired = [one for one in found if one.kind in PAIRED]
    weighed = paired or list(found)
    if not weighed:
        return "no_evidence"
    winners = {one.winner for one in weighed} - {None}
    if winners == {"first"}:
        return "first"
    return "second" if winners == {"second"} else "not_distinguishable"


def _bounds(interval: Interval, better: Better) -> tuple[float, float] | None:
    low, high = interval.low, interval.high
    if low is None or high is None:
        return None
    if better != "zero":
        return low, high
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return nearest, max(abs(low), abs(high))
