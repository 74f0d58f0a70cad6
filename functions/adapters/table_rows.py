"""The log table's Parquet files as DuckDB reads them, in the types of the deployed settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from functions.domain.log_table import COLUMNS, quoted
from functions.domain.windows import Window


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


@dataclass(frozen=True, slots=True)
class TableSource:
    """What to select from, and the columns that are there with their types."""

    sql: str
    columns: Mapping[str, str]

    @classmethod
    def over(cls, con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> "TableSource":
        """The rows of all `files`; none, with the table's columns, where there are no files."""
        if not files:
            empty = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in COLUMNS.items())
            return cls(f"(select {empty} where false)", dict(COLUMNS))
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        sql = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        described = con.execute(f"describe select * from {sql}").fetchall()
        return cls(sql, {row[0]: row[1] for row in described})

    def typed(self, wanted: Mapping[str, str]) -> Iterator[str]:
        """Each wanted column (name: DuckDB type) as SQL: what is not there, or cannot be cast, is null."""
        folded = {name.casefold(): (name, kind) for name, kind in self.columns.items()}
        for name, kind in wanted.items():
            found = folded.get(name.casefold())
            if found is None:
                yield f"null::{kind} as {quoted(name)}"
            elif found[1] == kind or kind.startswith(("TIMESTAMP", "STRUCT", "MAP")):
                yield f"{quoted(found[0])} as {quoted(name)}"
            else:
                yield f"try_cast({quoted(found[0])} as {kind}) as {quoted(name)}"


def rows_in(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> int:
    """How many rows files have, from what they say of themselves."""
    if not files:
        return 0
    found = con.execute("select sum(num_rows) from parquet_file_metadata($files)", {"files": list(map(str, files))})
    row = found.fetchone()
    return int(row[0] or 0) if row else 0


def within(span: Window) -> str:
    """The condition that a row was predicted in a window, as SQL."""
    return f"time >= {sql_time(span.start)} and time < {sql_time(span.end)}"


def sql_time(moment: datetime) -> str:
    """A moment as SQL, to the second."""
    return f"timestamp '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
