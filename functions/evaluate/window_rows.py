"""The rows of an evaluation's windows as DuckDB views over Parquet files, in the types of the deployed settings.

A small window is read into memory once, since each of its columns is asked about again and again. A large one stays in
its files, of which each query reads the columns that it names: memory does not grow with the window.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from functions.adapters.table_rows import TableSource, rows_in, within
from functions.domain.log_table import COLUMNS, feature_column, feature_type
from functions.domain.model_config import ModelConfig
from functions.domain.windows import Window

WINDOW, LABELLED, UNMATCHED = "window_rows", "labelled_rows", "unmatched_rows"
KEPT_CELLS = 40_000_000  # rows times columns that are held in memory: some 300 MB
_NOT_ASKED = frozenset({"id", "observed_at", "labels"})


def open_views(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], config: ModelConfig, window: Window, labelled: Window
) -> None:
    """Make the views `window_rows`, `labelled_rows` and `unmatched_rows` (labels without a prediction) over `files`.

    They have the columns of the log table that an evaluation asks about, `corrected` (whether more than one label came)
    and one a feature of `config`, of the type that it says there: what an hour's file lacks, or holds as something that
    cannot be cast, is null. Rows stand in no order.
    """
    source = TableSource.over(con, files)
    features = {feature_column(f.name): feature_type(f) for f in config.features}
    asked = {name: kind for name, kind in COLUMNS.items() if name not in _NOT_ASKED}
    columns = ", ".join(source.typed({**asked, **features}))
    corrected = "coalesce(len(labels) > 1, false)" if "labels" in source.columns else "false"
    con.execute(f"create or replace view log_rows as select {columns}, {corrected} as corrected from {source.sql}")
    predicted, in_either = "log_rows", f"({within(window)} or {within(labelled)})"
    if files and rows_in(con, files) * (len(asked) + len(features)) <= KEPT_CELLS:
        con.execute(f"create or replace temp table kept_rows as select * from log_rows where {in_either}")
        predicted = "kept_rows"
    for name, span in ((WINDOW, window), (LABELLED, labelled)):
        con.execute(
            f"create or replace view {name} as select * from {predicted} where {within(span)} and source <> 'smoke'"
        )
    con.execute(f"create or replace view {UNMATCHED} as select version from log_rows where time is null")
