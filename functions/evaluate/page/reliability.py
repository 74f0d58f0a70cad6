"""Whether scores are frequencies, and which classes are taken for which."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.evaluate.page.axis import Axis
from functions.evaluate.page.layout import folded, note, part, table
from functions.evaluate.page.markup import Content, Html, join, named, tag
from functions.evaluate.page.numbers import counted, interval, number, share, small
from functions.evaluate.page.plot import dot, figure, legend, line, number_labels, plot, whisker

Section = Mapping[str, Any]
CLASSES_SHOWN = 12
PAIRS_SHOWN = 20


def reliability(report: Section) -> Html:
    """Binary models: the frequency of the positive class by score, against the diagonal where scores are right."""
    bins = report["performance"]["reliability"]
    if not bins:
        return part("Reliability of the scores", note("No labelled rows to hold scores against."))
    caption = "Observed frequency by predicted probability"
    axis = Axis(0.0, 1.0)
    shapes = [line([(0, 0), (100, 100)], "reference")]
    for entry in bins:
        place, about = axis.at(entry["mean_score"]), f"{_range(entry)}: {_rate(entry)}"
        if entry["rate_low"] is not None and entry["rate_high"] is not None:
            shapes.append(whisker(place, axis.at(entry["rate_low"]), axis.at(entry["rate_high"]), "whisker realised"))
        shapes.append(dot(place, axis.at(entry["rate"]), "dot realised", about))
    labels = number_labels(axis)
    title = f"{caption}: {'; '.join(f'{_range(entry)} {share(entry["rate"])}' for entry in bins)}"
    rows = [(_range(e), small(e["mean_score"]), share(e["rate"]), _within(e), number(e["rows"])) for e in bins]
    head = ("scores", "mean score", "observed", "interval", "rows")
    return part(
        "Reliability of the scores",
        figure(
            caption,
            plot(title, shapes, labels, labels, "square"),
            legend(("dot realised", "observed, with its interval"), ("reference", "scores that are frequencies")),
            kind="narrow",
        ),
        folded("as a table", table(caption, head, rows)),
    )


def confusion(found: Section | None) -> Html | None:
    """How often each true class was taken for which; of many classes, the pairs that are confused most."""
    if not found or not found["classes"]:
        return None
    classes, counts = found["classes"], found["counts"]
    if not any(map(any, counts)):
        return None
    if len(classes) <= CLASSES_SHOWN:
        return part("Confusion", _matrix(classes, counts))
    return part("Confusion", _pairs(classes, counts), folded("the whole matrix", _matrix(classes, counts)))


def _matrix(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    head = ("true class, then predicted as", *map(named, classes), "found")
    rows: list[Sequence[Content]] = []
    for true, (name, row) in enumerate(zip(classes, counts, strict=True)):
        total = sum(row)
        cells = [_cell(count, total, true == predicted) for predicted, count in enumerate(row)]
        rows.append((named(name), *cells, share(row[true] / total) if total else number(None)))
    return table("True classes by row, predicted classes by column", head, rows)


def _cell(count: int, total: int, right: bool) -> Html:
    part_of = count / total if total else 0.0
    kind = "cell right" if right else "cell"
    return tag("span", number(count), " ", tag("small", share(part_of)), class_=kind, style=f"--share:{part_of:.2f}")


def _pairs(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    wrong = [
        (count, true, predicted)
        for true, row in enumerate(counts)
        for predicted, count in enumerate(row)
        if count and true != predicted
    ]
    wrong.sort(key=lambda pair: -pair[0])
    rows = [
        (
            join((named(classes[true]), " taken for ", named(classes[predicted]))),
            number(count),
            share(count / sum(counts[true])),
        )
        for count, true, predicted in wrong[:PAIRS_SHOWN]
    ]
    return table("The classes that are confused most often", ("confusion", "rows", "of the true class"), rows)


def _range(entry: Section) -> str:
    return f"{number(entry['low'])} to {number(entry['high'])}"


def _within(entry: Section) -> str:
    return interval(entry["rate_low"], entry["rate_high"])


def _rate(entry: Section) -> str:
    return (
        f"{share(entry['rate'])} positive of {counted(entry['rows'], 'row')}, mean score {number(entry['mean_score'])}"
    )
