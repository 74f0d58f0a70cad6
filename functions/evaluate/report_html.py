"""The report as a page: one HTML file that needs nothing else, for somebody who was not there.

It is made from the document of `report.py` alone. No script, no request: a policy in the page forbids both.
"""

from collections.abc import Mapping
from typing import Any

from functions.evaluate.page.document import document
from functions.evaluate.page.drift import drift
from functions.evaluate.page.estimate import estimate
from functions.evaluate.page.glossary import glossary
from functions.evaluate.page.markup import Html, shortened, tag
from functions.evaluate.page.numbers import window
from functions.evaluate.page.operation import operation
from functions.evaluate.page.performance import performance
from functions.evaluate.page.provenance import provenance
from functions.evaluate.page.quality import quality
from functions.evaluate.page.style import STYLE
from functions.evaluate.page.summary import judged, tiles
from functions.evaluate.page.verdict import verdict
from functions.evaluate.page.words import verdict_words

Report = Mapping[str, Any]

_CONTENTS = {
    "judged": "What was judged",
    "performance": "Performance",
    "estimate": "Without labels",
    "drift": "Drift",
    "quality": "Data quality",
    "operation": "Operation",
    "reading": "How to read this page",
}


def render(report: Report) -> str:
    """The page of a report of schema version 1.

    Raises:
        KeyError: the document lacks a part that the schema has.
    """
    said = verdict_words(report["verdict"]["verdict"]).title
    return document(f"{report['model']}: {said}, {window(report['window'])}", STYLE, _body(report))


def _body(report: Report) -> Html:
    return tag(
        "body",
        _header(report),
        tag(
            "main",
            verdict(report),
            tiles(report),
            _contents(),
            judged(report),
            performance(report),
            estimate(report),
            drift(report),
            quality(report),
            operation(report),
            glossary(report),
            provenance(report),
        ),
    )


def _header(report: Report) -> Html:
    about = report["about"]
    of = [f"{report['task']} model"]
    if report["external"]:
        of.append("hosted elsewhere")
    if about.get("owner"):
        of.append(f"owner: {shortened(about['owner'])}")
    return tag(
        "header",
        tag("p", f"{window(report['window'])} UTC", class_="when"),
        tag("h1", shortened(report["model"])),
        tag("p", about["description"]) if about.get("description") else None,
        tag("p", " · ".join(of), class_="of"),
    )


def _contents() -> Html:
    links = (tag("a", title, href=f"#{anchor}") for anchor, title in _CONTENTS.items())
    return tag("nav", *links, aria_label="Contents")
