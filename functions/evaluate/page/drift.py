"""What has moved in the data: every column against the reference, ranked, with the two distributions side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.evaluate.page.distribution import distribution
from functions.evaluate.page.layout import badge, facts, folded, note, paragraph, section, table_in_parts
from functions.evaluate.page.markup import Content, Html, join, named, tag
from functions.evaluate.page.numbers import UNKNOWN, change, counted, number, share, small, window
from functions.evaluate.page.words import output_name

Section = Mapping[str, Any]
RANKED = 25  # rows of the ranking; the rest is folded away
CARDS_OPEN, CARDS = 8, 60  # columns whose distributions are shown, and drawn at all
NEW_SHOWN = 5


def drift(report: Section) -> Html:
    found = report["drift"]
    if found is None:
        return section("drift", "Drift", note(_why_none(report)))
    columns = found["columns"]
    cards = [_card(column, report["task"]) for column in [c for c in columns if c["bins"]][:CARDS]]
    opened = max(CARDS_OPEN, min(sum(column["drifted"] for column in columns), 3 * CARDS_OPEN))
    return section(
        "drift",
        "Drift",
        paragraph(_summary(report, found)),
        None if found["judged"] else note(_not_judged(report, found)),
        _ranking(columns, report["task"]),
        tag("h3", "Distributions, reference and window"),
        tag("div", *cards[:opened], class_="cards"),
        folded(f"{len(cards) - opened} more distributions", tag("div", *cards[opened:], class_="cards"))
        if len(cards) > opened
        else None,
        _not_drawn(columns, len(cards)),
    )


def _why_none(report: Section) -> str:
    if report["live"]["version"] is None and not report["external"]:
        return "Not measured: no release is live, so there is no reference to compare with."
    needed = f"{report['thresholds']['min_rows']:,}"
    return f"Not measured: there is no reference yet. The first window with {needed} predictions or more becomes it."


def _summary(report: Section, found: Section) -> str:
    rows, against = counted(found["rows"], "row"), counted(found["reference_rows"], "reference row")
    compared = f"{rows} of {window(report['window'])} against {against}"
    if not found["judged"]:
        return f"{compared}."
    count = sum(column["drifted"] for column in found["columns"])
    which = "no column has drifted" if not count else f"{count} of {counted(len(found['columns']), 'column')} drifted"
    others = found.get("other_version_rows") or 0
    besides = f" {counted(others, 'row')} were answered by other versions than the live one." if others else ""
    return f"{compared}: {which}, at a false discovery rate of {share(found['fdr'])}.{besides}"


def _not_judged(report: Section, found: Section) -> str:
    if found["rows"] < report["thresholds"]["min_rows"]:
        return (
            f"Too few rows to judge: drift is judged from {report['thresholds']['min_rows']:,} on. "
            "The numbers below are shown all the same, and say little."
        )
    return "Not judged. The numbers below are shown all the same."


def _ranking(columns: Sequence[Section], task: str) -> Html:
    head = ("column", "", "PSI", "needed", "JS", "Wasserstein", "q-value", "change of the loss", "new categories")
    most = max((c["psi"] or 0.0 for c in columns), default=0.0) or 1.0
    rows = [_row(column, task, most) for column in columns]
    caption = "All columns: the drifted first, then by what their drift is estimated to cost"
    return table_in_parts(caption, head, rows, RANKED, "columns", words=2)


def _row(column: Section, task: str, most: float) -> Sequence[Content]:
    return (
        join((_title(column, task), " ", _state(column))),
        _psi_bar(column, most),
        small(column["psi"]),
        small(column["threshold"]),
        small(column["js"]),
        UNKNOWN if column["wasserstein"] is None else f"{small(column['wasserstein'])} sd",
        small(column["q_value"]),
        change(column["cost_share"]),
        number(column["new_category_rows"]) if column["new_category_rows"] else "",
    )


def _title(column: Section, task: str) -> Html:
    """Outputs and labels are told from features of the same name."""
    if column["kind"] == "feature":
        return named(column["name"])
    return tag("em", output_name(column["name"], task))


def _state(column: Section) -> Html | None:
    if column["drifted"]:
        return badge("▲ drifted", "drifted")
    return badge("not judged", "quiet") if column["q_value"] is None else None


def _psi_bar(column: Section, most: float) -> Html | None:
    """PSI as a bar, and a line where it begins to count."""
    if column["psi"] is None:
        return None
    width = 100 * min(1.0, column["psi"] / most)
    kind = "window" if column["drifted"] else "quiet"
    limit = None
    if column["threshold"] is not None and column["threshold"] <= most:
        limit = tag("path", class_="limit", d=f"M{100 * column['threshold'] / most:.2f} 0V10")
    bar = tag("rect", class_=kind, y="2", height="6", width=f"{width:.2f}")
    return tag("svg", bar, limit, class_="bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")


def _card(column: Section, task: str) -> Html:
    note_ = column.get("note")
    return tag(
        "article",
        tag("h4", _title(column, task), " ", _state(column)),
        facts(_facts(column)),
        tag("p", note_, class_="note") if note_ else None,
        distribution(column),
        class_="card",
    )


def _facts(column: Section) -> Iterator[tuple[Content, Content]]:
    yield "PSI", small(column["psi"])
    yield "JS", small(column["js"])
    if column["wasserstein"] is not None:
        yield "Wasserstein", f"{small(column['wasserstein'])} sd"
    if column["cost_share"] is not None:
        yield "loss", change(column["cost_share"])
    if column["mean"] is not None or column["reference_mean"] is not None:
        yield "mean", _moved(number(column["reference_mean"]), number(column["mean"]))
        yield "sd", _moved(number(column["reference_std"]), number(column["std"]))
    if column["missing"] or column["reference_missing"]:
        yield "missing", _moved(share(column["reference_missing"]), share(column["missing"]))
    if column["new_category_rows"]:
        yield "new", join((_new(column), f" ({counted(column['new_category_rows'], 'row')})"))


def _moved(before: str, now: str) -> str:
    return f"{before} → {now}"


def _new(column: Section) -> Html:
    shown = [named(entry["value"]) for entry in column["new_categories"][:NEW_SHOWN]]
    more = len(column["new_categories"]) - len(shown)
    return join((join(shown, ", "), f" and {more} more" if more > 0 else None))


def _not_drawn(columns: Sequence[Section], drawn: int) -> Html | None:
    left = sum(bool(column["bins"]) for column in columns) - drawn
    return (
        note(f"{counted(left, 'more column')}: see the ranking above, and report.json for their bins.")
        if left
        else None
    )
