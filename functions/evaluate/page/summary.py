"""The few numbers that somebody in a hurry reads, and what was judged."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.evaluate.page.layout import facts, folded, section
from functions.evaluate.page.markup import Content, Html, join, shortened, tag
from functions.evaluate.page.numbers import (
    UNKNOWN,
    change,
    counted,
    interval,
    measured,
    moment,
    number,
    share,
    span,
    window,
)
from functions.evaluate.page.words import DIRECTIONS, version_name

Section = Mapping[str, Any]


def tiles(report: Section) -> Html:
    """Key figures, each with what it is measured against."""
    return tag("ul", *(_tile(*tile) for tile in _tiles(report)), class_="tiles", aria_label="Key figures")


def judged_metric(report: Section) -> Section | None:
    """The judged metric over all labelled rows, which may have no value."""
    name = report["judged_metric"]["name"]
    return next((metric for metric in report["performance"]["metrics"] if metric["name"] == name), None)


def judged_value(report: Section) -> Section | None:
    """The same; None where it has no value."""
    found = judged_metric(report)
    return None if found is None or found["value"] is None else found


def compared(metric: Section) -> str:
    """How a metric's value compares with its reference, in words: `12.0% worse`."""
    reference = metric["reference"] and metric["reference"]["value"]
    if metric["value"] is None or not reference:
        return UNKNOWN
    before, now = (abs(v) if metric["better"] == "zero" else v for v in (reference, metric["value"]))
    moved = (now - before) / abs(before) * (-1 if metric["better"] == "higher" else 1)
    size = share(abs(moved)) if abs(moved) < 10 else "over 1,000%"
    return "the same" if moved == 0 else f"{size} {'worse' if moved > 0 else 'better'}"


def _tile(title: str, value: str, under: str) -> Html:
    return tag("li", tag("span", title, class_="what"), tag("b", value), tag("span", under, class_="under"))


def _tiles(report: Section) -> Iterator[tuple[str, str, str]]:
    maturity, drift, operation = report["maturity"], report["drift"], report["operation"]
    yield _judged_tile(report)
    if report["estimate"] is not None:
        yield from _estimate_tile(report)
    in_window = maturity["window"]["predictions"]
    yield "Predictions", number(in_window), f"in the window {window(report['window'])}"
    mature = maturity["labelled_window"]
    yield "Label coverage", share(mature["coverage"]), f"of {counted(mature['predictions'], 'mature prediction')}"
    if drift is None:
        yield "Drifted columns", UNKNOWN, "nothing to compare with yet"
    else:
        count = sum(column["drifted"] for column in drift["columns"])
        under = f"of {len(drift['columns']):,} compared with the reference"
        yield (
            "Drifted columns",
            number(count) if drift["judged"] else UNKNOWN,
            under if drift["judged"] else "too few rows",
        )
    if operation["latency_ms"] is not None:
        yield "Latency, p95", f"{number(operation['latency_ms']['p95'])} ms", "of a request, in the function"


def _judged_tile(report: Section) -> tuple[str, str, str]:
    judged, metric = report["judged_metric"], judged_value(report)
    if metric is None:
        return judged["title"], UNKNOWN, "no labels to compute it from"
    reference = metric["reference"] and metric["reference"]["value"]
    against = "" if reference is None else f"; {_than(compared(metric))} the reference's {measured(reference)}"
    within = interval(metric["low"], metric["high"]) or "no interval"
    return judged["title"], measured(metric["value"]), f"{within}{against}; {DIRECTIONS[judged['better']]}"


def _than(words: str) -> str:
    """`12.0% worse than`, `the same as`; of a reference of 0 nothing is so many per cent."""
    return "beside" if words == UNKNOWN else f"{words} {'as' if words == 'the same' else 'than'}"


def _estimate_tile(report: Section) -> Iterator[tuple[str, str, str]]:
    judged = report["judged_metric"]
    found = next((m for m in report["estimate"]["window"]["metrics"] if m["name"] == judged["name"]), None)
    if found is not None and found["value"] is not None:
        error = report["estimate"]["mean_absolute_error"]
        under = "without labels" if error is None else f"without labels; off by {number(error)} so far"
        yield f"{judged['title']}, estimated", measured(found["value"]), under


def judged(report: Section) -> Html:
    """Which windows, versions and reference the report is about."""
    return section("judged", "What was judged", facts(_judged(report)), folded("The limits", facts(_limits(report))))


def _judged(report: Section) -> Iterator[tuple[Content, Content]]:
    matures = span(report["thresholds"]["matures_after_s"])
    yield "Window", f"{window(report['window'])} (UTC): drift, data quality, operation, estimates"
    yield (
        "Labelled window",
        f"{window(report['labelled_window'])}: performance. Labels are due {matures} after a prediction",
    )
    yield "Live", _live(report)
    yield "Versions in the window", join(_versions(report["versions"]), "; ")
    yield "Reference", _reference(report["reference"], report["thresholds"]["min_rows"])
    metric = report["judged_metric"]
    yield "Judged by", f"{metric['title']} ({DIRECTIONS[metric['better']]})"
    yield "Evaluated", f"as of {moment(report['evaluated_at'])} UTC, by {shortened(report['by'])}"


def _live(report: Section) -> str:
    version, release = report["live"]["version"], report["live"]["release"]
    if report["external"]:
        newest = "" if version is None else f"; its newest observations are of {shortened(version_name(version))}"
        return f"hosted elsewhere, observed here{newest}"
    if version is None:
        return "nothing yet: no release is live"
    return version_name(version) + ("" if release is None else f", in release {release}")


def _versions(versions: list[Section]) -> Iterator[str]:
    if not versions:
        yield "no predictions in this window"
    for version in versions[:20]:
        yield f"{shortened(version_name(version['version']))}: {counted(version['rows'], 'row')}"
    if len(versions) > 20:
        yield f"and {len(versions) - 20:,} more"


def _reference(reference: Section | None, min_rows: int) -> str:
    if reference is None:
        return f"none yet: where training brought none, the first window with {min_rows:,} predictions becomes it"
    if reference["source"] == "first_window":
        rows = counted(reference["rows"], "row")
        return f"the first window that was large enough ({rows}), since no training data are known"
    return (
        f"the training data of {version_name(reference['version'])}: {counted(reference['rows'], 'row')}, of which "
        f"{reference['holdout_rows']:,} were held out to measure it"
    )


def _limits(report: Section) -> Iterator[tuple[Content, Content]]:
    limits = report["thresholds"]
    yield (
        "Performance may be worse than the reference by",
        f"{share(limits['tolerance'])}, at a confidence of {share(limits['confidence'])}",
    )
    yield "Labels needed", f"{limits['min_labels']:,}, and {share(limits['min_coverage'])} of the mature predictions"
    yield "Predictions needed", f"{limits['min_rows']:,} for drift and estimates"
    yield (
        "A column has drifted from",
        f"PSI {number(limits['drift_psi'])} above its noise, at a false discovery rate of {share(limits['drift_fdr'])}",
    )
    yield "Drift counts as costly from", f"{change(limits['drift_cost'])} of the loss"
