"""How many labels have come, how late, and which of them are odd."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.evaluate.page.layout import facts, part
from functions.evaluate.page.markup import Content, Html
from functions.evaluate.page.numbers import number, share, span

Section = Mapping[str, Any]


def labels(report: Section) -> Html:
    return part("Labels", facts(_labels(report)))


def _labels(report: Section) -> Iterator[tuple[Content, Content]]:
    maturity, due = report["maturity"], span(report["thresholds"]["matures_after_s"])
    mature, recent = maturity["labelled_window"], maturity["window"]
    yield "Labelled window", f"{_of(mature)} have a label ({share(mature['coverage'])})"
    yield "Newest window", f"{_of(recent)} have a label ({share(recent['coverage'])})"
    yield (
        "Too young to judge",
        f"{number(recent['young'])} of these ({share(recent['young_share'])}) are less than {due} old",
    )
    late = maturity["lateness_s"]
    if late is None:
        yield "Lateness", "no label has come yet"
    else:
        yield (
            "Lateness",
            f"half come within {span(late['p50'])}, 95% within {span(late['p95'])}, 99% within {span(late['p99'])}",
        )
    yield (
        "Corrected",
        f"{number(maturity['corrected'])} predictions got more than one label; the newest observation counts",
    )
    yield "In conflict", f"{number(maturity['conflicts'])} predictions have two different labels of the same moment"
    yield "Without a prediction", f"{number(maturity['unmatched'])} labels name a prediction that is not in the log"
    unknown = report["performance"]["unknown_labels"]
    yield (
        "Of unknown classes",
        f"{number(unknown)} labels are of classes that the model does not know; they are left out",
    )


def _of(window: Section) -> str:
    return f"{number(window['labelled'])} of {number(window['predictions'])} predictions"
