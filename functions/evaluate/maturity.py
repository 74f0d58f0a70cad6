"""How many labels have come, how late, and how much of the window is too young to have any."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np

from functions.domain.model_config import ModelConfig
from functions.domain.significant import significant
from functions.domain.windows import Window
from functions.evaluate.labelled import count_rows
from functions.evaluate.window_rows import LABELLED, UNMATCHED, WINDOW

LATENESS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def maturity(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, window: Window, labelled_window: Window, as_of: datetime
) -> dict[str, Any]:
    """The report's `maturity`. A prediction is young while less time than [label] matures_after has passed at `as_of`.

    Lateness is the time from a prediction to its label's arrival, over the labelled rows of the mature window; it is
    negative where a label came first. `conflicts` and `corrected` are of that window too; `unmatched` are labels for
    which no prediction has come, among the hours of both windows.
    """
    truth = "target" if config.task == "regression" else "label"
    old = (as_of.astimezone(UTC) - config.matures_after).strftime("%Y-%m-%d %H:%M:%S.%f")
    now = _counts(con, WINDOW, [f"{truth} IS NOT NULL", f"time > timestamp '{old}'"])
    mature = _counts(con, LABELLED, [f"{truth} IS NOT NULL", "label_conflict", "corrected"])
    return {
        "window": {
            **window.to_document(),
            **_coverage(now[0], now[1]),
            "young": now[2],
            "young_share": _share(now[2], now[0]),
        },
        "labelled_window": {**labelled_window.to_document(), **_coverage(mature[0], mature[1])},
        "lateness_s": _lateness(con, truth),
        "conflicts": mature[2],
        "corrected": mature[3],
        "unmatched": count_rows(con, UNMATCHED),
    }


def _counts(con: duckdb.DuckDBPyConnection, view: str, conditions: Sequence[str]) -> list[int]:
    """All rows of a view, and those that hold each condition."""
    counted = ", ".join(f"count_if({condition})" for condition in conditions)
    found = con.execute(f"SELECT count(*), {counted} FROM {view}").fetchone()
    return [int(value or 0) for value in found or ()]  # count_if of nothing but nulls is null


def _coverage(predictions: int, labelled: int) -> dict[str, Any]:
    return {"predictions": predictions, "labelled": labelled, "coverage": _share(labelled, predictions)}


def _share(part: int, whole: int) -> float | None:
    return significant(part / whole) if whole else None


def _lateness(con: duckdb.DuckDBPyConnection, truth: str) -> dict[str, float] | None:
    """Quantiles (inverted CDF) in seconds; None where no label has come."""
    found = con.execute(
        f"SELECT (epoch_ms(labelled_at) - epoch_ms(time)) // 1000 AS late, count(*) AS rows FROM {LABELLED} "
        f"WHERE {truth} IS NOT NULL AND labelled_at IS NOT NULL GROUP BY late ORDER BY late"
    ).fetchnumpy()
    late, below = np.asarray(found["late"], dtype=np.float64), np.cumsum(np.asarray(found["rows"], dtype=np.int64))
    if len(late) == 0:
        return None
    return {name: float(late[np.searchsorted(below, share * below[-1])]) for name, share in LATENESS.items()}
