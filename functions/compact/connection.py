"""DuckDB as `compact` uses it."""

from pathlib import Path

import duckdb

THREADS = 2
SMALL_ROWS = 20_000  # below that a second thread takes more time to be told than it saves


def connect(memory_mb: int, scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection in memory that spills to `scratch` beyond `memory_mb`.

    It keeps the order of rows, so that the same rows always become the same file, and takes arrays of objects for
    texts, whatever their first thousand entries are.
    """
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(scratch / "compact-spill"),
            "preserve_insertion_order": "true",
            "pandas_analyze_sample": "0",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )


def set_threads(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """As many threads as pay for that many new rows; the files come out the same."""
    con.execute(f"set threads = {1 if rows < SMALL_ROWS else THREADS}")
