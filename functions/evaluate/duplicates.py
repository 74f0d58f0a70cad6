"""Rows of a window whose inputs are the same as another's."""

from collections.abc import Sequence
from typing import Any

import duckdb

from functions.domain.contract import Feature
from functions.domain.log_table import feature_column, quoted
from functions.evaluate.window_rows import WINDOW

MOST_EXACT = 1_000_000  # rows; beyond, a sixteenth of all distinct inputs is counted, chosen by their hash
PARTS = 16


def duplicates(con: duckdb.DuckDBPyConnection, features: Sequence[Feature], rows: int) -> dict[str, Any]:
    """How many rows repeat the inputs of another (all but one of each kind), and their share.

    Inputs are compared by a hash of 64 bits. Beyond a million rows only inputs whose hash falls into one of sixteen
    parts are counted. All rows of the same inputs fall into the same part, so the share is unbiased; `duplicate_rows`
    is then that share of all rows, and `duplicate_exact` false.
    """
    columns = ", ".join(quoted(feature_column(feature.name)) for feature in features)
    exact = rows <= MOST_EXACT
    part = "" if exact else f" WHERE inputs % {PARTS} = 0"
    query = f"SELECT count(*), count(DISTINCT inputs) FROM (SELECT hash({columns}) AS inputs FROM {WINDOW}){part}"
    counted, distinct = con.execute(query).fetchone() or (0, 0)
    share = (counted - distinct) / counted if counted else None
    repeated = counted - distinct if exact else round((share or 0.0) * rows)
    return {"duplicate_rows": repeated, "duplicate_share": share, "duplicate_exact": exact}
