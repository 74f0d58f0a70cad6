"""The sections of a report, each from its own queries over the windows' views, with the seconds that each took."""

from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter
from typing import Any

import duckdb

from functions.domain.evaluation import Evaluation
from functions.domain.model_config import ModelConfig
from functions.domain.windows import iso
from functions.evaluate.count_columns import count_features
from functions.evaluate.counts import Counts
from functions.evaluate.drift import drift
from functions.evaluate.estimate import estimate, estimate_beside_truth
from functions.evaluate.live import LIVE_LABELLED, LIVE_WINDOW, Live
from functions.evaluate.maturity import maturity
from functions.evaluate.operation import operation
from functions.evaluate.performance import performance
from functions.evaluate.quality import quality
from functions.evaluate.request import EvaluationRequest
from functions.evaluate.tracking import tracked
from functions.evaluate.window_rows import WINDOW

Section = dict[str, Any]


def sections(
    con: duckdb.DuckDBPyConnection,
    request: EvaluationRequest,
    config: ModelConfig,
    live: Live,
    history: Sequence[Evaluation],
    counts: Counts,
) -> Section:
    """All that a window shows, by the names that the report has for it."""
    window, labelled = request.window(config), request.labelled_window(config)
    hosted_version = live.version if live.hosted else None
    features = cache(lambda: count_features(con, config, live.reference))  # drift and quality count the same columns
    work: dict[str, Callable[[], Any]] = {
        "versions": lambda: _versions(con),
        "performance": lambda: performance(con, config, live.classes, live.reference),
        "maturity": lambda: maturity(con, config, window, labelled, request.at),
        "estimate": lambda: _estimate(con, request, config, live, history),
        "drift": lambda: drift(con, config, live.reference, hosted_version, features()),
        "quality": lambda: quality(
            con, config, live.reference, counts.turned_away, counts.rejected_requests, features()
        ),
        "operation": lambda: operation(con, config, counts),
    }
    found: Section = {}
    durations: dict[str, float] = {}
    for name, of in work.items():
        begun = perf_counter()
        found[name] = of()
        durations[name] = round(perf_counter() - begun, 4)
    return {**found, "duration_s": durations}


def _versions(con: duckdb.DuckDBPyConnection) -> list[Section]:
    rows = con.execute(f"select version, count(*) from {WINDOW} group by version order by 2 desc, 1").fetchall()
    return [{"version": version, "rows": count} for version, count in rows]


def _estimate(
    con: duckdb.DuckDBPyConnection,
    request: EvaluationRequest,
    config: ModelConfig,
    live: Live,
    history: Sequence[Evaluation],
) -> Section | None:
    """Performance estimated without labels, beside what came out where labels have come since."""
    if live.reference is None:
        return None
    now = estimate(con, LIVE_WINDOW, config, live.reference)
    then = estimate_beside_truth(con, LIVE_LABELLED, config, live.reference)
    if now is None or then is None:
        return None
    end = iso(request.labelled_window(config).end)
    pairs, mean_error = tracked(history, config.evaluate.judged_metric, then, end)
    return {
        "method": now["method"],
        "window": {"rows": now["rows"], "metrics": now["metrics"]},
        "labelled_window": {key: then[key] for key in ("rows", "metrics", "realised", "error")},
        "tracked": pairs,
        "mean_absolute_error": mean_error,
    }
