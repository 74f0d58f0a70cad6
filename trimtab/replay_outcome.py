"""What came of a replay: counted in the log's table itself, by month, with what each evaluation said."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable
from functions.adapters.table_files import TableFiles
from functions.adapters.table_rows import connect
from functions.domain.evaluation import Evaluation
from functions.domain.model_config import ModelConfig
from functions.domain.windows import Window
from functions.evaluate.estimate import estimate
from functions.evaluate.live import Live
from functions.evaluate.live_model import live_model
from functions.evaluate.performance import performance
from functions.evaluate.window_rows import UNMATCHED, WINDOW, open_views
from trimtab.replay_cloud import ReplayFolder, folder_name
from trimtab.stage import Stage

MEMORY_MB, THREADS = 2_000, 2
EVALUATIONS_A_QUERY = 100


@dataclass(frozen=True, slots=True)
class Span:
    """A month, or the whole replay: what the table holds of it, and what the evaluations of its windows said.

    `realised` and `estimated` are the judged metric of all its labelled rows, and of all its rows without their labels.
    """

    window: Window
    rows: int
    labelled: int
    realised: float | None
    estimated: float | None
    drifted: Counter[str]
    verdicts: Counter[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`labels_without_row` are labels in the table whose prediction is not."""

    judged_metric: str
    whole: Span
    months: tuple[Span, ...]
    evaluations: tuple[Evaluation, ...]
    labels_without_row: int


def outcome(stage: Stage, model: str, folder: ReplayFolder, window: Window) -> Outcome:
    """Read the log's table and the registry; leaves the table in `folder` as one file.

    Raises:
        UnavailableError: S3 or the registry does not answer.
    """
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    monitoring = MonitoringRegistry(store)
    config, evaluations = monitoring.config(model), tuple(all_evaluations(monitoring, model))
    s3 = stage.client("s3")
    lake = DataLake(s3, stage.names.data_bucket)
    files = TableFiles(lake, folder.root / "hours").of(model, [window])
    with connect(THREADS, MEMORY_MB, folder.root / "spill") as con:
        _write_table(con, files, folder.table)
        open_views(con, [folder.table], config, window, window)
        live = live_model(
            con, config, window, Registry(store), References(DataLake(s3, stage.names.artifact_bucket), lake)
        )
        months = tuple(_span(con, folder.table, config, live, month, evaluations) for month in months_of(window))
        whole = _span(con, folder.table, config, live, window, evaluations)
        unmatched = con.execute(f"select count(*) from {UNMATCHED}").fetchone()  # noqa: S608 - a view of ours
    return Outcome(config.evaluate.judged_metric, whole, months, evaluations, unmatched[0] if unmatched else 0)


def all_evaluations(monitoring: MonitoringRegistry, model: str) -> list[Evaluation]:
    """Every evaluation of a model, oldest first."""
    found: list[Evaluation] = []
    while True:
        before = found[0].window[1] if found else ""
        page = monitoring.evaluations(model, EVALUATIONS_A_QUERY, before)
        found = page + found
        if len(page) < EVALUATIONS_A_QUERY:
            return found


def fetch_reports(stage: Stage, evaluations: Sequence[Evaluation], folder: Path) -> Path | None:
    """Bring all reports to this machine; the last one's page, None where there is none."""
    lake = DataLake(stage.client("s3"), stage.names.data_bucket)
    page: Path | None = None
    for evaluation in evaluations:
        for key in (
            () if evaluation.report is None else (evaluation.report, evaluation.report.replace(".json", ".html"))
        ):
            found = lake.get(key)
            if found is not None:
                page = folder / folder_name(evaluation.window[1]) / key.rsplit("/", 1)[1]
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_bytes(found.body)
    return page


def months_of(window: Window) -> Iterator[Window]:
    """The calendar months (UTC) that a window touches, its own ends kept."""
    start = window.start
    while start < window.end:
        first_of_next = (start.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
        yield Window(start, min(first_of_next, window.end))
        start = first_of_next


def _write_table(con: duckdb.DuckDBPyConnection, files: Sequence[Path], table: Path) -> None:
    """All hours in one file, which is read in one go."""
    con.execute("set preserve_insertion_order = true")
    hours = con.read_parquet([str(path) for path in files], union_by_name=True, hive_partitioning=False)
    hours.write_parquet(str(table), compression="zstd")


def _span(
    con: duckdb.DuckDBPyConnection,
    table: Path,
    config: ModelConfig,
    live: Live,
    window: Window,
    evaluations: Sequence[Evaluation],
) -> Span:
    open_views(con, [table], config, window, window)
    counted = con.execute(
        f"select count(*), count(*) filter (label is not null or target is not null) from {WINDOW}"  # noqa: S608
    ).fetchone()
    rows, labelled = counted if counted else (0, 0)
    metric = config.evaluate.judged_metric
    realised = performance(con, config, live.classes, None)["metrics"]
    estimated = None if live.reference is None else estimate(con, WINDOW, config, live.reference)
    within = [one for one in evaluations if window.start < _moment(one.window[1]) <= window.end]
    return Span(
        window=window,
        rows=rows,
        labelled=labelled,
        realised=_value(realised, metric),
        estimated=None if estimated is None else _value(estimated["metrics"], metric),
        drifted=Counter(column for one in within for column in one.drifted),
        verdicts=Counter(one.verdict for one in within),
    )


def _value(metrics: Sequence[dict[str, Any]], name: str) -> float | None:
    return next((metric["value"] for metric in metrics if metric["name"] == name), None)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
