"""New rows, column by column, as they are gathered from records: predictions by their features' types, and labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.compact.column_values import Array, array, fitted
from functions.domain.log_table import COLUMNS, FEATURE_PREFIX

HOUR_MS = 3_600_000
HOUR = "hour_number"  # hours since 1970 UTC, by which rows find their object
Types = Mapping[str, str]  # by column: DuckDB's type

# The table's columns that a prediction itself has; the others are its label's.
PREDICTION: Types = {
    name: kind
    for name, kind in COLUMNS.items()
    if name not in ("label", "target", "observed_at", "labelled_at", "label_conflict", "labels")
}
LABEL: Types = {
    **{name: COLUMNS[name] for name in ("id", "label", "target", "observed_at", "labelled_at")},
    "sender": "VARCHAR",
}


class Sheet:
    """Rows of the same columns. `types` are theirs beside `hour_number`; values are as records have them."""

    def __init__(self, types: Types) -> None:
        self.types = dict(types)
        self.columns: dict[str, list[Any]] = {name: [] for name in (HOUR, *types)}
        self.rows = 0

    @property
    def hours(self) -> set[int]:
        return set(self.columns[HOUR])

    @property
    def features(self) -> Types:
        """The feature columns."""
        return {name: kind for name, kind in self.types.items() if name.startswith(FEATURE_PREFIX)}

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Add rows: an entry of each column for each of them."""
        self.rows += len(columns[HOUR])
        for name, values in columns.items():
            self.columns[name].extend(values)

    def taken(self) -> tuple[dict[str, Array], int]:
        """All columns for DuckDB to scan, and how many values of features did not fit their type and became null.

        The sheet lets go of them: a batch in Python's own numbers and texts takes several times their size.
        """
        misfits = 0
        arrays = {HOUR: array(self.columns.pop(HOUR), "BIGINT")}
        for name, kind in self.types.items():
            values = self.columns.pop(name)
            if name.startswith(FEATURE_PREFIX):
                values, odd = fitted(values, kind)
                misfits += odd
            arrays[name] = array(values, kind)
        return arrays, misfits
