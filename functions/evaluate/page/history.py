"""The windows before this one and this one, in one line: what charts over time and the list of past verdicts draw."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from functions.evaluate.page.layout import folded, table
from functions.evaluate.page.markup import Content, Html, shortened
from functions.evaluate.page.numbers import counted, moment, number, with_interval
from functions.evaluate.page.time_chart import Mark, Point
from functions.evaluate.page.words import verdict_words

Section = Mapping[str, Any]


def realised_points(report: Section, metric: str) -> list[Point]:
    """A metric at the end of each labelled window, this one last."""
    before = ((e["labelled_window"][1], e["metrics"].get(metric), e["live_version"]) for e in report["history"])
    now = next((found for found in report["performance"]["metrics"] if found["name"] == metric), None)
    this = (report["labelled_window"]["end"], now, report["live"]["version"])
    return [_point(*window) for window in (*before, this)]


def estimated_points(report: Section, metric: str) -> list[Point]:
    """The same metric as it was estimated at the end of each window."""
    before = ((e["window"][1], e["estimated"].get(metric), e["live_version"]) for e in report["history"])
    estimate = report["estimate"]
    found = [] if estimate is None else estimate["window"]["metrics"]
    now = next((entry for entry in found if entry["name"] == metric), None)
    this = (report["window"]["end"], now, report["live"]["version"])
    return [_point(*window) for window in (*before, this)]


def verdict_marks(report: Section) -> list[Mark]:
    """A sign a verdict, where performance was judged."""
    before = ((e["labelled_window"][1], e["verdict"]) for e in report["history"])
    this = (report["labelled_window"]["end"], report["verdict"]["verdict"])
    return [_mark(time, name) for time, name in (*before, this)]


def past_verdicts(report: Section) -> Html | None:
    """Every window before, the newest first; None in the first one."""
    history = report["history"]
    if not history:
        return None
    judged = report["judged_metric"]
    head = ("window's end", "verdict", "this window alone", "live", "drifted columns", judged["title"], "labelled rows")
    rows = [_row(evaluation, judged["name"]) for evaluation in reversed(history)]
    return folded(f"{counted(len(history), 'window')} before this one", table("Earlier windows", head, rows, words=5))


def _row(before: Section, metric: str) -> Sequence[Content]:
    drifted = [shortened(name) for name in before["drifted"]]
    more = f" and {len(drifted) - 5} more" if len(drifted) > 5 else ""
    found = before["metrics"].get(metric)
    return (
        moment(before["window"][1]),
        verdict_words(before["verdict"]).title,
        verdict_words(before["finding"]).title,
        None if before["live_version"] is None else shortened(before["live_version"]),
        ", ".join(drifted[:5]) + more or "none",
        number(None) if found is None else with_interval(found),
        number(before["labelled_rows"]),
    )


def _point(time: str, found: Section | None, version: str | None) -> Point:
    if found is None or found["value"] is None:
        return Point(time, None)
    of = "" if version is None else f", live version {shortened(version)}"
    return Point(time, found["value"], found["low"], found["high"], f"{moment(time)}: {with_interval(found)}{of}")


def _mark(time: str, verdict: str) -> Mark:
    said = verdict_words(verdict)
    return Mark(time, said.sign if verdict != "KEEP" else "·", said.kind, f"{moment(time)}: {said.title}")


def version_changes(report: Section) -> Iterator[tuple[str, str]]:
    """(window's end, version) where another version was live than in the window before."""
    ends = [(e["labelled_window"][1], e["live_version"]) for e in report["history"]]
    ends.append((report["labelled_window"]["end"], report["live"]["version"]))
    for (_, before), (end, version) in pairwise(ends):
        if version is not None and before is not None and version != before:
            yield end, version
