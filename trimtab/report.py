"""An evaluation's report on this machine: fetched from the stage, and told in a terminal."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from functions.adapters.data_lake import DataLake
from functions.domain.errors import NotFoundError
from functions.evaluate.page.markup import LONGEST_SENTENCE, LONGEST_TEXT, shortened
from functions.evaluate.page.numbers import change, counted, interval, measured, share, small, span, window
from functions.evaluate.page.summary import compared
from functions.evaluate.page.words import output_name, verdict_words
from functions.evaluate.report import report_prefix
from trimtab.console import print_table, results
from trimtab.project import Project
from trimtab.replay_cloud import folder_name
from trimtab.stage import Stage

PAGE, DOCUMENT = "report.html", "report.json"
NAMED = 5  # windows that an error lists
MOST_COLUMNS = 10  # of drift in the terminal: the page has all

Section = Mapping[str, Any]


def fetch_report(stage: Stage, model: str, window_end: str | None = None, folder: Path | None = None) -> Path:
    """The page of the window that ended at `window_end` (ISO 8601 in UTC), or of the last one; report.json beside it.

    It lies in `folder`, by default under .build/reports, in a folder named by the window's end.

    Raises:
        NotFoundError: there is no such report; the text names the last ones that there are.
        UnavailableError: S3 did not answer.
    """
    lake = DataLake(stage.client("s3"), stage.names.data_bucket)
    end = window_end or _last_window(lake, model)
    found = {name: lake.get(report_prefix(model, end) + name) for name in (DOCUMENT, PAGE)}
    kept = (folder or Project.find().build / "reports" / stage.name / model) / folder_name(end)
    for name, content in found.items():
        if content is None:
            raise NotFoundError(f"{model} has no {name} of a window that ended at {end}: {_known(lake, model)}")
        kept.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes(content.body)
    return kept / PAGE


def _last_window(lake: DataLake, model: str) -> str:
    ends = _windows(lake, model)
    if not ends:
        raise NotFoundError(_known(lake, model))
    return ends[-1]


def _windows(lake: DataLake, model: str) -> list[str]:
    """The ends of the windows that have a page, oldest first."""
    prefix = report_prefix(model, "").rstrip("/") + "/"
    keys = (listed.key.removeprefix(prefix) for listed in lake.list(prefix))
    return sorted(key.removesuffix(f"/{PAGE}") for key in keys if key.endswith(f"/{PAGE}"))


def _known(lake: DataLake, model: str) -> str:
    ends = _windows(lake, model)
    if not ends:
        return f"{model} was not evaluated yet: `trimtab evaluate {model}` does it now"
    return f"its last windows ended at {', '.join(ends[-NAMED:])}"


def print_summary(report: Section) -> None:
    """Verdict and reasons, metrics, labels and what drifted, for a person at a terminal."""
    found = report["verdict"]
    said = verdict_words(found["verdict"])
    alone = "" if found["finding"] == found["verdict"] else f", for now; this window alone says {found['finding']}"
    results.print(f"[bold]{said.sign} {_plain(report['model'])}: {found['verdict']}{alone}[/bold]")
    results.print(f"window {window(report['window'])} (UTC), labelled window {window(report['labelled_window'])}")
    for reason in found["reasons"]:
        results.print(f"  - {_plain(reason['text'], LONGEST_SENTENCE)}")
    _print_metrics(report)
    for line in _labels(report):
        results.print(line)
    _print_drift(report)


def _print_metrics(report: Section) -> None:
    estimate = report["estimate"]
    estimated = {} if estimate is None else {m["name"]: measured(m["value"]) for m in estimate["window"]["metrics"]}
    rows = [
        [
            metric["title"],
            measured(metric["value"]),
            interval(metric["low"], metric["high"]),
            measured(metric["reference"] and metric["reference"]["value"]),
            compared(metric),
            estimated.get(metric["name"], ""),
        ]
        for metric in report["performance"]["metrics"]
    ]
    columns = ["metric", "value", "interval", "reference", "compared", "estimated now"]
    print_table(f"performance, on {counted(report['performance']['rows'], 'labelled row')}", columns, rows)


def _labels(report: Section) -> Iterator[str]:
    maturity = report["maturity"]
    mature, late = maturity["labelled_window"], maturity["lateness_s"]
    came = "" if late is None else f"; half of them came within {span(late['p50'])}, 95% within {span(late['p95'])}"
    yield (
        f"labels: {mature['labelled']:,} of {counted(mature['predictions'], 'mature prediction')} have one "
        f"({share(mature['coverage'])}){came}"
    )


def _print_drift(report: Section) -> None:
    found = report["drift"]
    if found is None:
        results.print("drift: not measured, since there is no reference yet")
        return
    columns = found["columns"]
    drifted = sum(column["drifted"] for column in columns)
    said = f"{drifted} of {counted(len(columns), 'column')} drifted" if found["judged"] else "too few rows to judge"
    rows = [
        [
            _column(column, report["task"]),
            "drifted" if column["drifted"] else "",
            small(column["psi"]),
            small(column["threshold"]),
            change(column["cost_share"]),
            column["new_category_rows"] or "",
        ]
        for column in columns[: max(MOST_COLUMNS, drifted)]
    ]
    head = ["column", "", "PSI", "needed", "loss", "new categories"]
    print_table(f"drift, {counted(found['rows'], 'row')}: {said}", head, rows)


def _column(column: Section, task: str) -> str:
    return _plain(column["name"]) if column["kind"] == "feature" else output_name(column["name"], task)


def _plain(words: str, most: int = LONGEST_TEXT) -> str:
    """Text from data, which a terminal must not take for its own commands, nor rich for markup."""
    return escape("".join(letter if letter.isprintable() else "\ufffd" for letter in shortened(words, most)))
