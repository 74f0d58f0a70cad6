"""How the model did, where the truth is known: over time, by metric, by version, by class, by slice."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.evaluate.page.history import past_verdicts, realised_points, verdict_marks, version_changes
from functions.evaluate.page.labels import labels
from functions.evaluate.page.layout import note, paragraph, part, section, table
from functions.evaluate.page.markup import Content, Html, join, shortened, tag
from functions.evaluate.page.numbers import counted, measured, moment, number, share, span, window, with_interval
from functions.evaluate.page.plot import figure, legend
from functions.evaluate.page.reliability import confusion, reliability
from functions.evaluate.page.slices import slices
from functions.evaluate.page.summary import compared, judged_metric
from functions.evaluate.page.time_chart import Level, Series, time_chart
from functions.evaluate.page.words import DIRECTIONS, version_name

Section = Mapping[str, Any]


def performance(report: Section) -> Html:
    """Realised performance; where there are no labels, why."""
    found = report["performance"]
    return section(
        "performance",
        "Performance",
        paragraph(
            f"On {counted(found['rows'], 'labelled prediction')} of {window(report['labelled_window'])}: the latest "
            "window whose labels have had the time to come."
        ),
        _no_labels(report) if not found["rows"] else None,
        _over_time(report),
        past_verdicts(report),
        _metrics(report) if found["rows"] else None,
        _versions(report),
        reliability(report) if found["rows"] and report["task"] == "binary" else None,
        confusion(found["confusion"]),
        slices(report) if found["rows"] else None,
        labels(report),
    )


def _no_labels(report: Section) -> Html:
    mature = report["maturity"]["labelled_window"]
    due = span(report["thresholds"]["matures_after_s"])
    if not mature["predictions"]:
        return note(f"No labels yet: no prediction of the model is older than {due}, after which labels are due.")
    return note(
        f"No labels: {counted(mature['predictions'], 'prediction')} of the labelled window should have one by now "
        f"({due} after the prediction), and none has come. Send them to POST /models/{report['model']}/labels."
    )


def _over_time(report: Section) -> Html | None:
    judged = report["judged_metric"]
    points = realised_points(report, judged["name"])
    if not any(point.value is not None for point in points):
        return None
    levels = _levels(report)
    entries = [("line realised", "realised, with its confidence interval")]
    if len(levels) > 1:
        entries += [
            ("reference", "reference"),
            ("allowed", f"at most {share(report['thresholds']['tolerance'])} worse, which is allowed"),
        ]
    caption = f"{judged['title']} by window ({DIRECTIONS[judged['better']]})"
    signs = tag(
        "p",
        "Below: ",
        tag("b", "·"),
        " keep, ",
        tag("b", "▲"),
        " retrain, ",
        tag("b", "◀"),
        " roll back, ",
        tag("b", "?"),
        " not enough evidence.",
        class_="legend",
    )
    return join(
        (
            figure(
                caption,
                time_chart(caption, [Series("realised", points)], levels, verdict_marks(report)),
                legend(*entries),
                signs,
                _changes(report),
            ),
            _multiples(report),
        )
    )


def _levels(report: Section) -> list[Level]:
    """The reference, and the worst value that is allowed."""
    metric, better = judged_metric(report), report["judged_metric"]["better"]
    known = None if metric is None or metric["reference"] is None else metric["reference"]["value"]
    if known is None:
        return []
    room = report["thresholds"]["tolerance"] * abs(known)
    worst = {"lower": [known + room], "higher": [known - room], "zero": []}[better]
    return [Level("reference", known), *(Level("limit", value) for value in worst)]


def _changes(report: Section) -> Html | None:
    changed = [f"{shortened(version_name(version))} from {moment(end)}" for end, version in version_changes(report)]
    return tag("p", f"Live version: {'; '.join(changed[-8:])}.", class_="legend") if changed else None


def _multiples(report: Section) -> Html | None:
    """The other metrics as small charts, where there is more than one window to see."""
    judged = report["judged_metric"]["name"]
    charts = []
    for metric in report["performance"]["metrics"]:
        points = realised_points(report, metric["name"])
        if metric["name"] != judged and sum(point.value is not None for point in points) > 1:
            caption = f"{metric['title']} ({DIRECTIONS[metric['better']]})"
            reference = metric["reference"] and metric["reference"]["value"]
            levels = [] if reference is None else [Level("reference", reference)]
            charts.append(figure(caption, time_chart(caption, [Series("realised", points)], levels, small=True)))
    return tag("div", *charts, class_="multiples") if charts else None


def _metrics(report: Section) -> Html:
    head = ("metric", "value (interval)", "reference", "compared")
    rows = [_metric(metric) for metric in report["performance"]["metrics"]]
    confidence = f"{report['thresholds']['confidence']:.0%}"
    bounds = [m["bound"] for m in report["performance"]["metrics"] if m.get("bound")]
    return part(
        "All metrics",
        table(f"Metrics of the labelled rows, with {confidence} confidence intervals", head, rows),
        note(f"Some are computed from binned scores, and at most {number(max(bounds))} off.") if bounds else None,
    )


def _metric(metric: Section) -> Sequence[Content]:
    reference = metric["reference"] and metric["reference"]["value"]
    title = join((metric["title"], " ", tag("small", DIRECTIONS[metric["better"]])))
    return title, with_interval(metric), measured(reference), compared(metric)


def _versions(report: Section) -> Html | None:
    """Metrics by version, where there is more than one."""
    versions = report["performance"]["versions"]
    if len(versions) < 2:
        return None
    head = ("version", "rows", *(metric["title"] for metric in versions[0]["metrics"]))
    rows = [
        (shortened(version_name(v["version"])), number(v["rows"]), *(with_interval(m) for m in v["metrics"]))
        for v in versions[:20]
    ]
    return part("By version", table("Metrics by model version", head, rows))
