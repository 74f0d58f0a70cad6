"""The rows of an evaluation's windows as DuckDB views over Parquet files, in the types of the deployed settings.

A small window is read into memory once, since each of its columns is asked about again and again. A large one stays in
its files, of which each query reads the columns that it names: memory does not grow with the window.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from functions.domain.log_table import COLUMNS, feature_column, feature_type, quoted
from functions.domain.model_config import ModelConfig

WINDOW, LABELLED, UNMATCHED = "window_rows", "labelled_rows", "unmatched_rows"
KEPT_CELLS = 40_000_000  # rows times columns that are held in memory: some 300 MB
_NOT_ASKED = frozenset({"id", "observed_at", "labels"})


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: [start, end), in UTC."""

    start: datetime
    end: datetime

    def to_document(self) -> dict[str, str]:
        return {"start": iso(self.start), "end": iso(self.end)}


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def connect(threads: int, memory_mb: int, scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection in memory that spills to `scratch` beyond `memory_mb`."""
    con = duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(scratch),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    con.execute("set parquet_metadata_cache = true")  # a window is many files, and each is asked many times
    return con


def open_views(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], config: ModelConfig, window: Window, labelled: Window
) -> None:
    """Make the views `window_rows`, `labelled_rows` and `unmatched_rows` (labels without a prediction) over `files`.

    They have the columns of the log table that an evaluation asks about, `corrected` (whether more than one label came)
    and one a feature of `config`, of the type that it says there: what an hour's file lacks, or holds as something that
    cannot be cast, is null. Rows stand in no order.
    """
    source, there = _source(con, files)
    features = {feature_column(f.name): feature_type(f) for f in config.features}
    asked = {name: kind for name, kind in COLUMNS.items() if name not in _NOT_ASKED}
    columns = ", ".join(_columns({**asked, **features}, there))
    corrected = "coalesce(len(labels) > 1, false)" if "labels" in there else "false"
    con.execute(f"create or replace view log_rows as select {columns}, {corrected} as corrected from {source}")
    predicted, within = "log_rows", f"({_within(window)} or {_within(labelled)})"
    if files and _cells(con, files, len(asked) + len(features)) <= KEPT_CELLS:
        con.execute(f"create or replace temp table kept_rows as select * from log_rows where {within}")
        predicted = "kept_rows"
    for name, span in ((WINDOW, window), (LABELLED, labelled)):
        con.execute(
            f"create or replace view {name} as select * from {predicted} where {_within(span)} and source <> 'smoke'"
        )
    con.execute(f"create or replace view {UNMATCHED} as select version from log_rows where time is null")


def _cells(con: duckdb.DuckDBPyConnection, files: Sequence[Path], columns: int) -> int:
    """Rows times columns, from what the files say of themselves."""
    found = con.execute("select sum(num_rows) from parquet_file_metadata($files)", {"files": list(map(str, files))})
    row = found.fetchone()
    return int(row[0] or 0) * columns if row else 0


def _source(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[str, Mapping[str, str]]:
    """What to select from, and the columns that are there with their types."""
    if not files:
        empty = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in COLUMNS.items())
        return f"(select {empty} where false)", dict(COLUMNS)
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    source = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    described = con.execute(f"describe select * from {source}").fetchall()
    return source, {row[0]: row[1] for row in described}


def _columns(wanted: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    folded = {name.casefold(): (name, kind) for name, kind in there.items()}
    for name, kind in wanted.items():
        found = folded.get(name.casefold())
        if found is None:
            yield f"null::{kind} as {quoted(name)}"
        elif found[1] == kind or kind.startswith(("TIMESTAMP", "STRUCT", "MAP")):
            yield f"{quoted(found[0])} as {quoted(name)}"
        else:
            yield f"try_cast({quoted(found[0])} as {kind}) as {quoted(name)}"


def _within(span: Window) -> str:
    return f"time >= timestamp '{_naive(span.start)}' and time < timestamp '{_naive(span.end)}'"


def _naive(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
