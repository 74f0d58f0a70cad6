"""A window's views over one file of the log table, opened as `evaluate` opens them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from functions.adapters.table_rows import connect
from functions.domain.model_config import ModelConfig
from functions.domain.windows import Window
from functions.evaluate.window_rows import open_views
from tests.functions.evaluate.tables import write_rows

MARCH = Window(datetime(2013, 3, 1, tzinfo=UTC), datetime(2013, 4, 1, tzinfo=UTC))


@contextmanager
def opened(
    config: ModelConfig, columns: Mapping[str, Any], window: Window = MARCH, labelled: Window = MARCH
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views of both windows over these rows of the log table."""
    with TemporaryDirectory() as folder:
        file = write_rows(Path(folder) / "rows.parquet", config, columns)
        with connect(2, 512, Path(folder) / "spill") as con:
            open_views(con, [file], config, window, labelled)
            yield con


def days_before(moment: datetime, days: float) -> Window:
    """The window that ends there."""
    return Window(moment - timedelta(days=days), moment)
