"""Performance that is estimated without labels, and how right such estimates were once the labels had come."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.evaluate.page.history import estimated_points
from functions.evaluate.page.layout import note, paragraph, part, section, table
from functions.evaluate.page.markup import Content, Html
from functions.evaluate.page.numbers import counted, measured, moment, number, window, with_interval
from functions.evaluate.page.plot import figure, legend
from functions.evaluate.page.time_chart import Point, Series, time_chart

Section = Mapping[str, Any]
METHODS = {
    "CBPE": "confidence-based estimation (CBPE): what the model's own calibrated scores say of how often it is right",
    "DLE": "direct loss estimation (DLE): the loss that rows like these had when the model was trained",
}


def estimate(report: Section) -> Html:
    found = report["estimate"]
    if found is None:
        return section("estimate", "Performance without labels", note(_why_none(report)))
    return section(
        "estimate",
        "Performance without labels",
        paragraph(
            f"Of the newest predictions ({window(report['window'])}, {counted(found['window']['rows'], 'row')}) not "
            "all have had the time to get a label. Their performance is estimated by "
            f"{METHODS.get(found['method'], found['method'])}."
        ),
        _over_time(report, found),
        _trust(report, found),
        _metrics(report, found),
    )


def _why_none(report: Section) -> str:
    if report["reference"] is None:
        return "Not estimated: there is no reference yet that says how scores and truth went together."
    if report["reference"]["source"] == "first_window":
        return (
            "Not estimated: the reference is the first window, and it had too few labels to tell how far the model's "
            "scores can be trusted."
        )
    return "Not estimated: the live version's reference holds nothing that an estimate could be made from."


def _over_time(report: Section, found: Section) -> Html | None:
    """Estimated and realised values of the same rows, and the estimates of the newest windows ahead of them."""
    judged = report["judged_metric"]
    realised = [_point(pair, "realised") for pair in found["tracked"]]
    checked = [_point(pair, "estimated") for pair in found["tracked"]]
    last = checked[-1].time if checked else ""
    ahead = [point for point in estimated_points(report, judged["name"]) if point.time > last]
    estimated = [*checked, *ahead]
    if not any(point.value is not None for point in estimated):
        return None
    caption = f"{judged['title']}: estimated, and as it came out"
    series = [Series("estimated", estimated), Series("realised", realised)]
    entries = (("line estimated", "estimated, without labels"), ("line realised", "realised, once labels had come"))
    return figure(caption, time_chart(caption, series), legend(*entries))


def _point(pair: Section, which: str) -> Point:
    """One side of a pair: both are of the same rows."""
    return Point(
        pair["window_end"], pair[which], about=f"{moment(pair['window_end'])}: {which} {measured(pair[which])}"
    )


def _trust(report: Section, found: Section) -> Html:
    error, title = found["mean_absolute_error"], report["judged_metric"]["title"].lower()
    if error is None:
        return note("How far such estimates can be trusted is not known yet: no labels have come to check one.")
    checked = counted(len(found["tracked"]), "window")
    return paragraph(
        f"Over {checked} where labels have come since, estimates of {title} were off by {measured(error)} on average."
    )


def _metrics(report: Section, found: Section) -> Html:
    titles = {metric["name"]: metric["title"] for metric in report["performance"]["metrics"]}
    head = ("metric", "newest window, estimated", "labelled window, estimated", "labelled window, realised", "error")
    return part("All estimates", table("Estimates with their intervals", head, list(_rows(found, titles))))


def _rows(found: Section, titles: Mapping[str, str]) -> Iterator[Sequence[Content]]:
    then = found["labelled_window"]
    estimated, realised, error = (_by_name(then[key]) for key in ("metrics", "realised", "error"))
    for metric in found["window"]["metrics"]:
        name = metric["name"]
        yield (
            titles.get(name, name),
            with_interval(metric),
            with_interval(estimated[name]) if name in estimated else number(None),
            measured(realised.get(name, {}).get("value")),
            measured(error.get(name, {}).get("value")),
        )


def _by_name(metrics: Sequence[Section]) -> Mapping[str, Section]:
    return {metric["name"]: metric for metric in metrics}
