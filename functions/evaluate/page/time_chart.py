"""Values of windows over time: lines with their intervals, levels to hold them against, and a mark a verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from functions.evaluate.page.axis import Axis, around
from functions.evaluate.page.markup import Html, tag
from functions.evaluate.page.numbers import number, seconds
from functions.evaluate.page.plot import Label, area, dot, line, number_labels, plot, whisker

LABELS = 5  # dates below a chart, of which a narrow screen shows every second


@dataclass(frozen=True, slots=True)
class Point:
    """A window's value at its end; None where there is none. `about` is said to who points at it."""

    time: str
    value: float | None
    low: float | None = None
    high: float | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """`kind` is the class of the line: `realised`, `estimated`."""

    kind: str
    points: Sequence[Point]

    @property
    def known(self) -> list[Point]:
        return [point for point in self.points if point.value is not None]


@dataclass(frozen=True, slots=True)
class Level:
    """A level line: `kind` is `reference` or `limit`."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign below the plot at a window's end."""

    time: str
    sign: str
    kind: str
    about: str


def time_chart(
    title: str, series: Sequence[Series], levels: Sequence[Level] = (), marks: Sequence[Mark] = (), small: bool = False
) -> Html:
    """The chart; its title tells the last values to who cannot see it. Between two levels lies what is allowed."""
    points = [point for one in series for point in one.points]
    x = _time_axis([point.time for point in points] + [mark.time for mark in marks])
    y = around(value for value in (*_heights(points), *(level.value for level in levels)))
    shapes = [
        *_levels(levels, y),
        *(shape for one in series for shape in _shapes(one, x, y)),
    ]
    strip = None
    if marks:
        signs = (
            tag("span", mark.sign, class_=mark.kind, title=mark.about, style=f"left:{x.at(seconds(mark.time)):g}%")
            for mark in marks
        )
        strip = tag("div", *signs, class_="strip")
    kind = "time small" if small else "time"
    return plot(_told(title, series), shapes, _dates(x, 3 if small else LABELS), number_labels(y, 3), kind, strip)


def _levels(levels: Sequence[Level], y: Axis) -> Iterator[Html]:
    across = [[(0.0, y.at(level.value)), (100.0, y.at(level.value))] for level in levels]
    if len(across) > 1:
        yield area(across[0], across[1], "allowed")
    for level, ends in zip(levels, across, strict=True):
        yield line(ends, level.kind)


def _shapes(series: Series, x: Axis, y: Axis) -> Iterator[Html]:
    """Line and band of each stretch of windows with a value: a gap in the data is a gap in the line."""
    for there, stretch in groupby(series.points, lambda point: point.value is not None):
        if there:
            yield from _stretch(series.kind, list(stretch), x, y)
    for point in series.known:
        if point.value is not None:
            yield dot(x.at(seconds(point.time)), y.at(point.value), f"dot {series.kind}", point.about)


def _stretch(kind: str, points: Sequence[Point], x: Axis, y: Axis) -> Iterator[Html]:
    at = [(x.at(seconds(point.time)), point) for point in points]
    bounded = [(place, p.low, p.high) for place, p in at if p.low is not None and p.high is not None]
    if len(bounded) > 1:
        upper = [(place, y.at(high)) for place, _, high in bounded]
        yield area(upper, [(place, y.at(low)) for place, low, _ in bounded], f"band {kind}")
    if bounded and at[-1][0] == bounded[-1][0]:
        yield whisker(bounded[-1][0], y.at(bounded[-1][1]), y.at(bounded[-1][2]), f"whisker {kind}")
    if len(at) > 1:
        yield line([(place, y.at(p.value)) for place, p in at if p.value is not None], f"line {kind}")


def _heights(points: Sequence[Point]) -> Iterator[float | None]:
    for point in points:
        yield from (point.value, point.low, point.high)


def _time_axis(times: Sequence[str]) -> Axis:
    moments = [seconds(time) for time in times] or [0.0]
    first, last = min(moments), max(moments)
    room = (last - first) * 0.02 or 43_200.0
    return Axis(first - room, last + room)


def _dates(axis: Axis, most: int) -> list[Label]:
    """Dates at even distances; a chart of one window has the one date."""
    days = (axis.high - axis.low) / 86_400
    count = max(1, min(most, int(days)))
    places = [50.0] if count == 1 else [100 * number / (count - 1) for number in range(count)]
    return [(place, f"{_at(axis, place):%Y-%m-%d}") for place in places]


def _at(axis: Axis, place: float) -> datetime:
    return datetime.fromtimestamp(axis.low + (axis.high - axis.low) * place / 100, UTC)


def _told(title: str, series: Sequence[Series]) -> str:
    last = [f"{one.kind} {number(one.known[-1].value)} on {one.known[-1].time[:10]}" for one in series if one.known]
    return f"{title}: {'; '.join(last) or 'no values yet'}"
