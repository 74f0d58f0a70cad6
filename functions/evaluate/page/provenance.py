"""Where the page comes from, and how to get its numbers."""

from collections.abc import Mapping
from typing import Any

from functions.evaluate.page.layout import facts, paragraph, section
from functions.evaluate.page.markup import Html, tag
from functions.evaluate.page.numbers import moment

Section = Mapping[str, Any]


def provenance(report: Section) -> Html:
    model, end = report["model"], report["window"]["end"]
    return section(
        "provenance",
        "Where this comes from",
        paragraph(
            "Every number is computed from the model's own log, all rows of it, and is in report.json beside this page."
        ),
        facts(
            (
                ("Model", tag("code", model)),
                ("Window's end", f"{moment(end)} UTC"),
                ("Report", tag("code", f"reports/model={model}/{end}/report.json")),
                ("Schema", f"version {report['v']}, described in docs/report.md"),
                ("As JSON", tag("code", f"trimtab report {model} --window {end} --json")),
            )
        ),
    )
