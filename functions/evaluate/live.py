"""What is live: the version that verdicts are about, its classes, and the reference that its rows are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from functions.domain.reference import Reference
from functions.evaluate.window_rows import LABELLED, WINDOW

LIVE_WINDOW, LIVE_LABELLED = "live_window_rows", "live_labelled_rows"


@dataclass(frozen=True, slots=True)
class Live:
    """`version` is the hosted model's live version, or the newest that observations name; None before there is any.

    `classes` are the model's as the log table writes them; None for a regression, and where only the data know them.
    `hosted` says that rows of other versions are none of its own.
    """

    version: str | None
    release: int | None
    classes: Sequence[str] | None
    reference: Reference | None
    hosted: bool

    def to_document(self) -> dict[str, Any]:
        return {"version": self.version, "release": self.release}


def make_live_views(con: duckdb.DuckDBPyConnection, live: Live) -> None:
    """The views `live_window_rows` and `live_labelled_rows`: of a hosted model, the live version's rows only."""
    version = (live.version or "").replace("'", "''")
    only = f" where version = '{version}'" if live.hosted else ""
    for name, rows in ((LIVE_WINDOW, WINDOW), (LIVE_LABELLED, LABELLED)):
        con.execute(f"create or replace view {name} as select * from {rows}{only}")
