"""How labelled rows are parted: by version, or by the values of a feature."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from functions.evaluate.literals import text_list

MOST_VALUES = 50  # the most frequent; the others are judged together
OTHER, MISSING = 0, -1  # codes; values have 1, 2, …


@dataclass(frozen=True, slots=True)
class Grouping:
    """`column` is SQL; `values` are its most frequent values as text, `others` how many more there are."""

    column: str
    values: Sequence[str]
    others: int

    def code(self, key: str) -> str:
        """SQL for a value's place in `values` from 1 on, OTHER or MISSING, where `key` holds the column's value."""
        place = f"coalesce(list_position({text_list(self.values)}, {key}::VARCHAR), {OTHER})"
        return f"CASE WHEN {key} IS NULL THEN {MISSING} ELSE {place} END"

    def name(self, code: int) -> tuple[str, str]:
        """What a code stands for: its kind (value, other, missing), and words for it."""
        if code == MISSING:
            return "missing", "missing"
        if code == OTHER:
            return "other", f"{self.others:,} other values"
        return "value", self.values[code - 1]


def grouping(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> Grouping:
    """The values of a column in `rows` (SQL to select from)."""
    counted = f"SELECT {column}::VARCHAR AS value, count(*) AS rows FROM {rows} GROUP BY {column}"
    ranked = con.execute(
        f"SELECT value, sum(rows), count(*) OVER () FROM ({counted}) WHERE value IS NOT NULL "
        f"GROUP BY value ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}"
    ).fetchall()
    values = tuple(row[0] for row in ranked)
    return Grouping(column, values, ranked[0][2] - len(values) if ranked else 0)
