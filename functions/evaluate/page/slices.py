"""Slices: the judged metric by the values of a feature, the worst first, against the value over all rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.evaluate.page.axis import Axis, around
from functions.evaluate.page.layout import note, paragraph, part, table_in_parts
from functions.evaluate.page.markup import Content, Html, join, named, tag
from functions.evaluate.page.numbers import counted, interval, measured, number
from functions.evaluate.page.summary import judged_value
from functions.evaluate.page.words import DIRECTIONS

Section = Mapping[str, Any]
SHOWN = 20


def slices(report: Section) -> Html:
    """The slices that model.toml names, each with its interval."""
    judged, found = report["judged_metric"], report["performance"]["slices"]
    if not found:
        return part("Slices", note("None: model.toml names no slices under [evaluate]."))
    overall = judged_value(report)
    whole = None if overall is None else overall["value"]
    ranked = sorted(
        ((entry, _of(entry, judged["name"])) for entry in found), key=lambda pair: _badness(pair[1], judged)
    )
    axis = around([whole, *(m[end] for _, m in ranked if m is not None for end in ("value", "low", "high"))])
    head = ("slice", _bar_head(axis), judged["title"], "interval", "rows")
    rows = [_row(entry, metric, whole, axis) for entry, metric in ranked]
    caption = f"{judged['title']} by slice, the worst first ({DIRECTIONS[judged['better']]})"
    return part(
        "Slices",
        paragraph(f"The line across all bars is the value over all rows, {measured(whole)}."),
        table_in_parts(caption, head, rows, SHOWN, "slices", words=2),
        _told_badly(ranked),
    )


def _row(entry: Section, metric: Section | None, whole: float | None, axis: Axis) -> Sequence[Content]:
    is_value = entry.get("kind", "value") == "value"
    value = named(entry["value"]) if is_value else tag("em", entry["value"])
    title = join((named(entry["feature"]), " = " if is_value else ": ", value))
    if metric is None or metric["value"] is None:
        return title, None, number(None), "", number(entry["rows"])
    shown = interval(metric["low"], metric["high"])
    return title, interval_bar(metric, whole, axis), measured(metric["value"]), shown, number(entry["rows"])


def interval_bar(metric: Section, whole: float | None, axis: Axis) -> Html:
    """A value with its interval on a line, and the level that it is held against."""
    parts = [] if whole is None else [tag("path", class_="reference", d=f"M{axis.at(whole):g} 0V10")]
    if metric["low"] is not None and metric["high"] is not None:
        parts.append(
            tag("path", class_="whisker realised", d=f"M{axis.at(metric['low']):g} 5H{axis.at(metric['high']):g}")
        )
    parts.append(tag("path", class_="dot realised", d=f"M{axis.at(metric['value']):g} 5h0"))
    return tag("svg", *parts, class_="bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")


def _bar_head(axis: Axis) -> Html:
    return tag("span", tag("span", number(axis.low)), tag("span", number(axis.high)), class_="ends")


def _of(entry: Section, name: str) -> Section | None:
    return next((metric for metric in entry["metrics"] if metric["name"] == name), None)


def _badness(metric: Section | None, judged: Section) -> tuple[bool, float]:
    """Sorts the worst to the front, and what has no value to the end."""
    if metric is None or metric["value"] is None:
        return True, 0.0
    value: float = metric["value"]
    return False, {"lower": -value, "higher": value, "zero": -abs(value)}[judged["better"]]


def _told_badly(ranked: Sequence[tuple[Section, Section | None]]) -> Html | None:
    """Many slices: some look bad by chance."""
    count = sum(metric is not None and metric["value"] is not None for _, metric in ranked)
    if count < 10:
        return None
    return note(
        f"Of {counted(count, 'slice')}, a few lie off the line by chance alone, mostly those with few rows: "
        "look at the intervals first."
    )
