"""One column's distribution in the reference and in the window, bin by bin."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.evaluate.page.layout import note
from functions.evaluate.page.markup import Html, shortened, tag
from functions.evaluate.page.numbers import share

Section = Mapping[str, Any]
Bin = tuple[str, float, float]  # label, share in the reference, share in the window
MOST_BINS = 12  # what a numeric column has at most, as a rule; of more categories the largest are drawn


def distribution(column: Section) -> Html:
    """A table whose middle column is drawn: the reference as an outline above, the window filled below."""
    bins: list[Bin] = list(zip(column["bins"], column["reference"], column["window"], strict=True))
    if not bins:
        return note("No values on either side.")
    shown, rest = _most(bins)
    longest = max(max(reference, now) for _, reference, now in bins) or 1.0
    what = "bin" if column["mean"] is not None else "value"
    head = (
        tag("th", what, scope="col"),
        tag("td"),
        tag("th", tag("i", class_="swatch reference"), "reference", scope="col"),
        tag("th", tag("i", class_="swatch window"), "window", scope="col"),
    )
    return tag(
        "table",
        tag("caption", f"Shares by {what}"),
        tag("thead", tag("tr", *head)),
        tag("tbody", *(_row(one, longest) for one in shown)),
        tag("tfoot", tag("tr", tag("td", rest, colspan="4"))) if rest else None,
        class_="distribution",
    )


def _row(one: Bin, longest: float) -> Html:
    label, reference, now = one
    bars = tag(
        "svg",
        tag("rect", class_="reference", y="0.75", height="4", width=f"{100 * reference / longest:.1f}"),
        tag("rect", class_="window", y="5.25", height="4", width=f"{100 * now / longest:.1f}"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    cells = (tag("td", bars), tag("td", share(reference), class_="n"), tag("td", share(now), class_="n"))
    return tag("tr", tag("th", shortened(label), scope="row"), *cells)


def _most(bins: Sequence[Bin]) -> tuple[Sequence[Bin], str | None]:
    """All bins, or of many the largest in their own order; and what the others hold together."""
    if len(bins) <= MOST_BINS + 2:
        return bins, None
    ranked = sorted(range(len(bins)), key=lambda place: -max(bins[place][1], bins[place][2]))
    kept = set(ranked[:MOST_BINS])
    others = [one for place, one in enumerate(bins) if place not in kept]
    before, now = sum(reference for _, reference, _ in others), sum(window for _, _, window in others)
    together = f"{len(others)} more hold {share(before)} of the reference and {share(now)} of the window"
    return [one for place, one in enumerate(bins) if place in kept], together
