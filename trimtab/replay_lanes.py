"""Marks below a replay's lines: what was said, fitted, put live and taken back, each kind in a lane of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.evaluate.page.markup import Html, tag
from trimtab.replay_events import WORDS, Event, What

LANE_HEIGHT, LEGEND_HEIGHT = 26, 24
LEGEND_WIDTH, SIGN_WIDTH, LETTER_WIDTH = 880, 34, 6.3  # pixels, wide enough for any of the fonts
LONGEST_ABOUT = 300


@dataclass(frozen=True, slots=True)
class Sign:
    """A mark's shape around (0, 0), some 10 pixels wide, and its classes; shapes differ, so colour is never alone."""

    lane: str
    shape: str
    kind: str


SIGNS: Mapping[What, Sign] = {
    "retrain": Sign("verdicts", "M-5 4L0 -5L5 4Z", "mark warn"),
    "roll_back": Sign("verdicts", "M5 -5L-4 0L5 5Z", "mark bad"),
    "passed": Sign("retrainings", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z", "mark full good"),
    "refused": Sign("retrainings", "M-4 -4L4 4M-4 4L4 -4", "mark warn"),
    "failed": Sign("retrainings", "M0 -5V2M0 4.5V5", "mark bad"),
    "live": Sign("releases", "M-5 4L0 -5L5 4Z", "mark full good"),
    "rolled_back": Sign("releases", "M5 -5L-4 0L5 5Z", "mark full bad"),
    "quarantined": Sign("quarantine", "M0 -5L5 0L0 5L-5 0Z", "mark full warn"),
}
LANES = ("verdicts", "retrainings", "releases", "quarantine")


def lanes_height(events: Sequence[Event]) -> int:
    """How much room they take: a lane for each kind that occurs, and the legend."""
    lines = 1 + max((line for _, _, line in _entries(events)), default=-1)
    return LANE_HEIGHT * len(_lanes(events)) + LEGEND_HEIGHT * lines


def lanes(
    events: Sequence[Event], along: Callable[[datetime], float], top: int, ends: tuple[int, int]
) -> Iterator[Html]:
    """The marks, from `top` on; `along` says where a moment is, `ends` where lanes begin and end."""
    shown = _lanes(events)
    for place, lane in enumerate(shown):
        middle = top + LANE_HEIGHT * place + LANE_HEIGHT // 2
        yield tag("text", lane, x=ends[0] - 10, y=middle + 4, text_anchor="end")
        yield tag("path", class_="grid", d=f"M{ends[0]} {middle}H{ends[1]}")
        for event in events:
            if SIGNS[event.what].lane == lane:
                about = f"{event.time:%Y-%m-%d %H:%M}, {WORDS[event.what]}: {event.about}"[:LONGEST_ABOUT]
                yield _mark(event.what, along(event.time), middle, about)
    yield from _legend(events, top + LANE_HEIGHT * len(shown) + LEGEND_HEIGHT // 2 + 4, ends[0])


def _lanes(events: Sequence[Event]) -> list[str]:
    there = {SIGNS[event.what].lane for event in events}
    return [lane for lane in LANES if lane in there]


def _legend(events: Sequence[Event], middle: int, left: int) -> Iterator[Html]:
    """What each mark that occurs means."""
    for what, at, line in _entries(events):
        x, y = left + at, middle + LEGEND_HEIGHT * line
        yield _mark(what, x, y, None)
        yield tag("text", WORDS[what], x=x + 10, y=y + 4)


def _entries(events: Sequence[Event]) -> Iterator[tuple[What, float, int]]:
    """Where in the legend each mark stands: pixels from the left, and the line."""
    there = {event.what for event in events}
    at, line = 6.0, 0
    for what in (what for what in SIGNS if what in there):
        width = SIGN_WIDTH + LETTER_WIDTH * len(WORDS[what])
        if at + width > LEGEND_WIDTH:
            at, line = 6.0, line + 1
        yield what, at, line
        at += width


def _mark(what: What, x: float, y: float, about: str | None) -> Html:
    sign = SIGNS[what]
    title = None if about is None else tag("title", about)
    return tag("path", title, class_=sign.kind, d=sign.shape, transform=f"translate({x:g} {y:g})")
