"""A small model's windows and references for the tests of drift, quality and operation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.adapters.table_rows import connect
from functions.domain.model_config import ModelConfig
from functions.domain.reference import ColumnKind, Digest, Reference, ReferenceColumn
from functions.domain.windows import Window
from functions.evaluate.window_rows import open_views
from tests.functions.evaluate.tables import write_rows

MARCH = datetime(2013, 3, 1, tzinfo=UTC)
WEEK = Window(MARCH, MARCH + timedelta(days=7))


@contextmanager
def window(folder: Path, config: ModelConfig, columns: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose views are over one file of these columns, all of them in both windows."""
    path = write_rows(folder / "rows.parquet", config, columns)
    with connect(2, 500, folder) as con:
        open_views(con, [path], config, WEEK, WEEK)
        yield con


@contextmanager
def empty_window(folder: Path, config: ModelConfig) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(1, 500, folder) as con:
        open_views(con, [], config, WEEK, WEEK)
        yield con


def reference(columns: Sequence[tuple[str, ColumnKind, Digest]], loss: float | None = 0.5) -> Reference:
    rows = max((digest.count for _, _, digest in columns), default=0)
    found = tuple(ReferenceColumn(name, kind, digest) for name, kind, digest in columns)
    return Reference("small", "1", "training", rows, rows, found, {}, loss)


def spread_over_week(rows: int) -> NDArray[np.datetime64]:
    return np.datetime64("2013-03-01T00:00:00", "ms") + (np.arange(rows) * 7 * 86_400_000 // max(rows, 1)).astype(
        "timedelta64[ms]"
    )
