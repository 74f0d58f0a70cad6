"""One evaluation: reads the windows, judges, writes the report, tells the verdict. Safe to run twice, to die anywhere.

What it writes follows from the log, the registry and the event's time; so a second run writes the same. The registry's
document comes last: until it is there, nobody counts this window as judged.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Any

import duckdb

from functions.adapters.data_lake import DataLake
from functions.adapters.metric_sums import MetricSums
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.stage_events import StageEvents
from functions.adapters.table_files import TableFiles
from functions.adapters.table_rows import connect
from functions.domain.evaluation import Evaluation
from functions.domain.model_config import ModelConfig
from functions.domain.names import Names
from functions.domain.verdict import judge
from functions.domain.windows import iso
from functions.evaluate.counted import counted
from functions.evaluate.evidence import evidence
from functions.evaluate.live import make_live_views
from functions.evaluate.live_model import live_model
from functions.evaluate.publish import event_detail, metric_lines
from functions.evaluate.report import HISTORY, report, report_prefix, summary
from functions.evaluate.report_html import render
from functions.evaluate.request import EvaluationRequest
from functions.evaluate.sections import sections
from functions.evaluate.window_rows import open_views

THREADS = 2


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores that an evaluation reads and writes."""

    registry: Registry
    monitoring: MonitoringRegistry
    lake: DataLake
    files: TableFiles
    references: References
    events: StageEvents
    sums: MetricSums
    names: Names
    memory_mb: int
    scratch: Path
    say: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stdout, flush=True))


def evaluate(request: EvaluationRequest, tools: Tools) -> dict[str, Any]:
    """Judge a model as of `request.at`; what was found, in short.

    Raises:
        NotFoundError: the model is not deployed.
        CorruptArtifactError: a stored document is not what it should be.
        UnavailableError: AWS did not answer.
    """
    config = tools.monitoring.config(request.model)
    history = tools.monitoring.evaluations(request.model, HISTORY, before=iso(request.at))
    with _opened(request, config, tools) as con:
        live = live_model(con, config, request.labelled_window(config), tools.registry, tools.references)
        make_live_views(con, live)
        counts = counted(tools.sums, tools.names, config, request.window(config))
        found = sections(con, request, config, live, history, counts)
    shown = evidence(config, live.version, live.reference, found, history)
    verdict = judge(shown, config.evaluate, history, request.at)
    document = report(request, config, live.to_document(), live.reference, found, verdict, history)
    written = summary(request, config, document, verdict)
    _write(tools, document)
    for line in metric_lines(request, config, document, verdict):
        tools.say(line)
    tools.events.publish("Verdict", event_detail(document, verdict), request.at)
    tools.monitoring.record(written)
    return _answer(document, written)


@contextmanager
def _opened(request: EvaluationRequest, config: ModelConfig, tools: Tools) -> Iterator[duckdb.DuckDBPyConnection]:
    window, labelled = request.window(config), request.labelled_window(config)
    files = tools.files.of(config.model, (window, labelled))
    with connect(THREADS, tools.memory_mb, tools.scratch / "spill") as con:
        open_views(con, files, config, window, labelled)
        yield con


def _write(tools: Tools, document: Mapping[str, Any]) -> None:
    prefix = report_prefix(document["model"], document["window"]["end"])
    tools.lake.put(prefix + "report.json", dumps(document).encode(), "application/json")
    tools.lake.put(prefix + "report.html", render(document).encode(), "text/html; charset=utf-8")


def _answer(document: Mapping[str, Any], written: Evaluation) -> dict[str, Any]:
    return {**written.to_document(), "reasons": list(written.reasons), "judged_metric": document["judged_metric"]}
