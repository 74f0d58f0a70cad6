"""Data quality: what of the inputs was missing, out of range, unknown, zero, repeated or turned away."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.evaluate.page.layout import facts, note, section, table_in_parts
from functions.evaluate.page.markup import Content, Html, join, named, tag
from functions.evaluate.page.numbers import counted, number, share

Section = Mapping[str, Any]
SHOWN = 25


def quality(report: Section) -> Html:
    """By feature, those with most findings first."""
    found = report["quality"]
    if not found["rows"]:
        return section("quality", "Data quality", note("No predictions in this window, so no inputs to look at."))
    columns = sorted(found["columns"], key=lambda column: -_findings(column, found["rows"]))
    head = ("feature", "type", "missing", "zero", "out of range", "unknown category", "turned away")
    caption = "By feature, those with most findings first; in brackets what it was in the reference"
    return section(
        "quality",
        "Data quality",
        table_in_parts(caption, head, [_row(column) for column in columns], SHOWN, "features", words=2),
        facts(_facts(found)),
    )


def _findings(column: Section, rows: int) -> float:
    """How many values something is to be said of: odd ones, and those missing beyond what the reference would have."""
    more = (column["missing_share"] or 0.0) - (column["reference_missing_share"] or 0.0)
    odd = sum(column[kind] or 0.0 for kind in ("out_of_range", "unknown_category", "turned_away"))
    return float(odd + max(0.0, more) * rows)


def _row(column: Section) -> Sequence[Content]:
    return (
        named(column["name"]),
        column["type"],
        _beside(column["missing_share"], column["reference_missing_share"]),
        _beside(column["zero_share"], column["reference_zero_share"]),
        _count(column["out_of_range"]),
        _count(column["unknown_category"]),
        _count(column["turned_away"]),
    )


def _beside(now: float | None, reference: float | None) -> str:
    return share(now) if reference is None else f"{share(now)} ({share(reference)})"


def _count(count: float | None) -> Content:
    """A count that is not zero stands out."""
    return tag("strong", number(count)) if count else number(count)


def _facts(found: Section) -> Iterator[tuple[Content, Content]]:
    about = "" if found["duplicate_exact"] else ", from a sixteenth of all distinct inputs"
    yield (
        "Repeated inputs",
        f"{number(found['duplicate_rows'])} rows ({share(found['duplicate_share'])}) repeat another{about}",
    )
    if found["turned_away_requests"] is not None:
        yield (
            "Turned away",
            f"{counted(int(found['turned_away_requests']), 'request')} failed validation, and are in no log",
        )
    space = found["dimensionality"]
    if space and space["effective_dimension"] is not None:
        before = space["reference_effective_dimension"]
        beside = "" if before is None else f" (reference: {number(before)})"
        of = counted(space["features"], "numeric feature")
        yield "Effective dimension", join((f"{of} vary in {number(space['effective_dimension'])} directions{beside}",))
