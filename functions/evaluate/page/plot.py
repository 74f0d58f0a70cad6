"""A plot that keeps the size of its text on any screen: shapes are SVG that stretches, labels are HTML beside it.

Shapes lie in a square of 100 by 100 that is stretched to the plot's size, lines without getting thicker. A dot is a
line of no length with round ends, so that it stays round.
"""

from collections.abc import Iterable, Sequence

from functions.evaluate.page.axis import Axis
from functions.evaluate.page.markup import Content, Html, join, tag
from functions.evaluate.page.numbers import number

Label = tuple[float, str]  # where, in per cent of the axis, and what it says


def plot(
    title: str, shapes: Iterable[Html], x: Sequence[Label], y: Sequence[Label], kind: str = "", under: Content = None
) -> Html:
    """A plot with its labels. `title` says what is seen to who cannot see it; `under` is a strip below the plot."""
    svg = tag(
        "svg",
        tag("title", title),
        *(tag("path", class_="grid", d=f"M0 {100 - at:g}H100") for at, _ in y),
        *shapes,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        role="img",
    )
    y_labels = (tag("span", label, style=f"bottom:{at:g}%") for at, label in y)
    x_labels = (tag("span", label, class_=_side(at), style=f"left:{at:g}%") for at, label in x)
    return tag(
        "div",
        tag("div", *y_labels, class_="y", aria_hidden="true"),
        svg,
        under,
        tag("div", *x_labels, class_="x", aria_hidden="true"),
        class_=f"plot {kind}".strip(),
    )


def number_labels(axis: Axis, about: int = 4) -> list[Label]:
    """About so many round numbers; two at least, since one alone shows no scale."""
    ticks = next((found for more in range(3) if len(found := list(axis.ticks(about + more))) > 1), [])
    return [(axis.at(value), number(value)) for value in ticks]


def line(points: Sequence[tuple[float, float]], kind: str) -> Html:
    """A line through points in per cent, from below."""
    return tag("path", class_=kind, d="M" + "L".join(_point(x, y) for x, y in points))


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], kind: str) -> Html:
    around = [*upper, *reversed(lower)]
    return tag("path", class_=kind, d="M" + "L".join(_point(x, y) for x, y in around) + "Z")


def dot(x: float, y: float, kind: str, title: str) -> Html:
    return tag("path", tag("title", title), class_=kind, d=f"M{_point(x, y)}h0")


def whisker(x: float, low: float, high: float, kind: str) -> Html:
    """An upright interval."""
    return tag("path", class_=kind, d=f"M{x:g} {100 - low:g}V{100 - high:g}")


def legend(*entries: tuple[str, str]) -> Html:
    """What the lines and areas of a chart are: (class, words)."""
    return tag("p", join((tag("span", tag("i", class_=kind), words) for kind, words in entries), " "), class_="legend")


def figure(caption: Content, *content: Content, kind: str | None = None) -> Html:
    return tag("figure", tag("figcaption", caption), *content, class_=kind)


def _point(x: float, y: float) -> str:
    return f"{x:g} {100 - y:g}"


def _side(at: float) -> str | None:
    """Labels at the ends stay within the plot."""
    if at < 6:
        return "first"
    return "last" if at > 94 else None
