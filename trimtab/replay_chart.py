"""The picture of a replay as one SVG: the judged metric over time by line, and below it what the loop did when.

It stands alone: its look, light and dark, is in it, and who points at a mark is told what happened there.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from functions.domain.metric_names import METRICS
from functions.evaluate.page.axis import Axis, around
from functions.evaluate.page.markup import Html, tag
from functions.evaluate.page.numbers import change, measured, number
from trimtab.replay_comparison import Comparison, Point
from trimtab.replay_events import Correction
from trimtab.replay_lanes import lanes, lanes_height

WIDTH, LEFT, RIGHT, TOP, HEIGHT = 1080, 92, 172, 34, 330
NAMES = {"frozen": "frozen first model", "calendar": "refit on the calendar", "loop": "closed loop"}
LABEL_GAP = 34  # pixels between the labels of two lines

STYLE = """
.replay{--paper:#fff;--ink:#1b1f24;--soft:#59636e;--grid:#e8ebef;--frozen:#6b7280;--calendar:#b45309;--loop:#1863d6;
--good:#1a7f37;--bad:#cf222e;--warn:#bc4c00;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.replay{--paper:#171c23;--ink:#e6eaef;--soft:#9aa5b1;--grid:#2a323c;--frozen:#9aa5b1;
--calendar:#f0a04b;--loop:#58a6ff;--good:#4cc46a;--bad:#ff7b72;--warn:#f0883e}}
.replay .paper{fill:var(--paper)}.replay text{fill:var(--soft)}.replay .grid{stroke:var(--grid);fill:none}
.replay .curve{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.replay .curve.frozen{stroke:var(--frozen);stroke-dasharray:6 4}.replay .curve.calendar{stroke:var(--calendar);
stroke-dasharray:1.5 3.5}.replay .curve.loop{stroke:var(--loop);stroke-width:2.5}
.replay text.frozen{fill:var(--frozen)}.replay text.calendar{fill:var(--calendar)}.replay text.loop{fill:var(--loop)}
.replay .name{font-weight:600}.replay .went{stroke:var(--good);stroke-width:1;opacity:.35}
.replay .went.back{stroke:var(--bad)}.replay .mark{stroke-width:1.5;fill:none;stroke:var(--soft)}
.replay .good{stroke:var(--good)}.replay .bad{stroke:var(--bad)}.replay .warn{stroke:var(--warn)}
.replay .full.good{fill:var(--good)}.replay .full.bad{fill:var(--bad)}.replay .full.warn{fill:var(--warn)}
"""


def chart(model: str, compared: Comparison, done: Correction) -> Html:
    """The picture; an empty one says so."""
    points = compared.points()
    metric = METRICS[compared.metric]
    height = TOP + HEIGHT + 34 + lanes_height(done.events) + 14
    better = "lower is better" if metric.better == "lower" else "higher is better"
    return tag(
        "svg",
        tag("title", f"{model}: {metric.title} over time, with and without the loop", id="replay-title"),
        tag("desc", _told(compared), id="replay-about"),
        tag("style", Html(STYLE)),
        tag("rect", class_="paper", width=WIDTH, height=height),
        tag("text", f"{metric.title} ({better})", x=LEFT, y=16),
        *(_drawn(points, done) if points else (tag("text", "no labelled rows", x=LEFT, y=TOP + 40),)),
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        class_="replay",
        role="img",
        aria_labelledby="replay-title replay-about",
        xmlns="http://www.w3.org/2000/svg",
    )


def _drawn(points: Sequence[Point], done: Correction) -> Iterator[Html]:
    y = around((value for point in points for value in point.values.values()), 0.06)
    length = max((points[-1].end - points[0].end).total_seconds(), 1.0)
    x = Axis(points[0].end.timestamp() - 0.01 * length, points[-1].end.timestamp() + 0.005 * length)
    for value in y.ticks(5):
        yield tag("path", class_="grid", d=f"M{LEFT} {_up(y, value)}H{WIDTH - RIGHT}")
        yield tag("text", number(value), x=LEFT - 10, y=_up(y, value) + 4, text_anchor="end")
    for when in _dates(points[0].end, points[-1].end):
        at = _along(x, when)
        yield tag("path", class_="grid", d=f"M{at} {TOP + HEIGHT}v6")
        yield tag("text", _date(when, points[-1].end - points[0].end), x=at, y=TOP + HEIGHT + 20, text_anchor="middle")
    yield tag("path", class_="grid", d=f"M{LEFT} {TOP + HEIGHT}H{WIDTH - RIGHT}")
    for event in done.events:
        if event.what in ("live", "rolled_back"):
            kind = "went back" if event.what == "rolled_back" else "went"
            yield tag("path", class_=kind, d=f"M{_along(x, event.time)} {TOP}v{HEIGHT}")
    for name in points[0].values:
        yield from _curve(name, points, x, y)
    yield from _ends(points, y)
    yield from lanes(done.events, lambda when: _along(x, when), TOP + HEIGHT + 34, (LEFT, WIDTH - RIGHT))


def _curve(name: str, points: Sequence[Point], x: Axis, y: Axis) -> Iterator[Html]:
    """A line through all windows that have a value; a gap in the data is a gap in the line."""
    for there, stretch in groupby(points, lambda point: point.values[name] is not None):
        if there:
            at = [(_along(x, p.end), _up(y, value)) for p in stretch if (value := p.values[name]) is not None]
            yield tag("path", class_=f"curve {name}", d="M" + "L".join(f"{right} {down}" for right, down in at))


def _ends(points: Sequence[Point], y: Axis) -> Iterator[Html]:
    """Each line's name and last value at its right end, moved apart where they would touch."""
    last = {name: next((p.values[name] for p in reversed(points) if p.values[name] is not None), None) for name in NAMES
            if name in points[0].values}  # fmt: skip
    ends = sorted((_up(y, value), name, value) for name, value in last.items() if value is not None)
    lowest = TOP + HEIGHT - LABEL_GAP * (len(ends) - 1)
    at = float("-inf")
    for place, (wanted, name, value) in enumerate(ends):
        at = min(max(wanted, at + LABEL_GAP), lowest + LABEL_GAP * place)
        yield tag("text", NAMES[name], class_=f"{name} name", x=WIDTH - RIGHT + 12, y=round(at - 2, 1))
        yield tag("text", f"last window {measured(value)}", class_=name, x=WIDTH - RIGHT + 12, y=round(at + 12, 1))


def _told(compared: Comparison) -> str:
    """The picture in words."""
    document = compared.to_document()
    parts = [f"{NAMES[name]} {measured(document[name])}" for name in compared.lines]
    gain = document["gain_over_frozen"]
    worth = "" if gain is None else f" The loop is {change(gain)} better than the frozen model." if gain >= 0 else ""
    return f"{METRICS[compared.metric].title} of {len(compared.rows):,} labelled rows: {', '.join(parts)}.{worth}"


def _dates(first: datetime, last: datetime) -> Iterator[datetime]:
    """Firsts of months where there are several, at most a dozen; else every few days."""
    days = (last - first) / timedelta(days=1)
    if days < 62:
        step = next(step for step in (1, 2, 7, 14) if days / step <= 10)
        when = first.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        while when <= last:
            yield when
            when += timedelta(days=step)
        return
    every = next((step for step in (1, 2, 3, 6) if days / 30 / step <= 13), 12)
    month = first.year * 12 + first.month
    while (when := datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)) <= last:
        if month % every == 0:
            yield when
        month += 1


def _date(when: datetime, span: timedelta) -> str:
    if span < timedelta(days=62):
        return f"{when.day} {when:%b}"
    return f"{when:%b %Y}" if when.month == 1 or span > timedelta(days=400) else f"{when:%b}"


def _along(x: Axis, when: datetime) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * x.at(when.timestamp()) / 100, 1)


def _up(y: Axis, value: float) -> float:
    return round(TOP + HEIGHT * (1 - y.at(value) / 100), 1)
