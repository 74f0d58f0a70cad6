"""What the columns of a CSV file are: their types, ranges and categories, and which of them are no features."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from functions.adapters.csv_file import BOOLS, ISO_TIME, NUMBER, WHOLE, Table, is_null, moment
from functions.domain.errors import ModelFolderError

MOST_CATEGORIES = 50  # up to so many are listed in model.toml
MOST_DISTINCT_TEXTS = 1_000  # more are free text, no category
FEWEST_FOR_IDENTIFIER = 20  # rows from which on a column of distinct values is taken for an identifier
NUMERIC_SHARE = 0.95  # of the values, from which on the few others are taken for faults
MOST_FAULTS = 3  # distinct ones
IDENTIFIER_NAME = re.compile(r"(?i:(^|[_ ])(id|uuid|guid|index|idx|key|row)$|^unnamed_)|[a-z]I[dD]$")
TIME_NAME = re.compile(r"time|date|epoch|(^|_)ts$|(^|_)at$", re.IGNORECASE)
EPOCH_SECONDS = (10**8, 5 * 10**9)  # 1973 to 2128


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type as functions.adapters.csv_file reads it, and what its values are like."""

    name: str
    kind: str  # float32, int64, bool, string, time, epoch_s, epoch_ms
    missing: int
    distinct: int
    min: float | None = None
    max: float | None = None
    categories: tuple[str, ...] | None = None

    @property
    def is_time(self) -> bool:
        return self.kind in ("time", "epoch_s", "epoch_ms")


def column_type(table: Table, name: str, is_label: bool = False) -> ColumnType:
    """Infer a column's type. Whole numbers and bools with gaps become a type that can be null, unless it is the label.

    Raises:
        ModelFolderError: all but a few values are numbers; names the line of the first that is none.
    """
    cells = table.columns[name]
    present = [cell for cell in cells if not is_null(cell)]
    kind, missing = _kind(table, name, present), len(cells) - len(present)
    if missing and not is_label:
        kind = {"int64": "float32", "bool": "string"}.get(kind, kind)
    counted = Counter(present)
    if kind in ("float32", "int64"):
        convert = int if kind == "int64" else float
        values = {convert(cell) for cell in counted}
        return ColumnType(name, kind, missing, len(values), min(values), max(values))
    categories = tuple(sorted(counted)) if kind == "string" and len(counted) <= MOST_CATEGORIES else None
    return ColumnType(name, kind, missing, len(counted), categories=categories)


def why_no_feature(column: ColumnType, table: Table) -> str | None:
    """Why a column is left out of the features, or None."""
    rows = len(table)
    if column.distinct == 0:
        return "it is empty"
    if column.distinct == 1 and column.missing == 0:
        return f"it is always {table.columns[column.name][0]!r}"
    if column.is_time:
        return "it is a time: compute what matters of it (hour, weekday, age) in dataset.py and declare that"
    all_distinct = column.distinct == rows and rows >= FEWEST_FOR_IDENTIFIER
    if column.kind == "string" and all_distinct:
        return "its values are all different, as an identifier's are"
    if column.kind == "int64" and all_distinct and (IDENTIFIER_NAME.search(column.name) or _counts_up(column, rows)):
        return "it numbers the rows, as an identifier does"
    if column.kind == "string" and column.distinct > MOST_DISTINCT_TEXTS:
        return f"it holds {column.distinct:,} different texts, too many for categories"
    return None


def _counts_up(column: ColumnType, rows: int) -> bool:
    """Whether the distinct whole numbers leave no gap."""
    return column.min is not None and column.max is not None and column.max - column.min == rows - 1


def _kind(table: Table, name: str, present: Sequence[str]) -> str:
    if not present:
        return "string"
    if all(cell.lower() in BOOLS for cell in present):
        return "bool"
    if all(WHOLE.fullmatch(cell) for cell in present):
        return _whole_kind(name, present)
    if all(NUMBER.fullmatch(cell) for cell in present):
        return "float32"
    if all(ISO_TIME.fullmatch(cell) for cell in present) and _all_moments(present):
        return "time"
    _check_almost_numeric(table, name, present)
    return "string"


def _whole_kind(name: str, present: Sequence[str]) -> str:
    if any(len(cell.lstrip("+-")) > 1 and cell.lstrip("+-").startswith("0") for cell in present):
        return "string"  # codes with leading zeros
    values = [int(cell) for cell in present]
    if any(not -(2**63) <= value < 2**63 for value in values):
        return "string"
    if TIME_NAME.search(name):
        for kind, unit in (("epoch_s", 1), ("epoch_ms", 1_000)):
            if EPOCH_SECONDS[0] * unit <= min(values) and max(values) <= EPOCH_SECONDS[1] * unit:
                return kind
    return "int64"


def _all_moments(present: Sequence[str]) -> bool:
    try:
        return all(moment(cell) is not None for cell in present)
    except ValueError:
        return False


def _check_almost_numeric(table: Table, name: str, present: Sequence[str]) -> None:
    odd = Counter(cell for cell in present if not NUMBER.fullmatch(cell))
    if len(odd) <= MOST_FAULTS and odd.total() <= (1 - NUMERIC_SHARE) * len(present):
        line = next(line for cell, line in zip(table.columns[name], table.lines, strict=True) if cell in odd)
        value = table.columns[name][list(table.lines).index(line)]
        raise ModelFolderError(
            f"{table.name} line {line}: column {name!r} holds {value!r}, where nearly all else is a number: "
            "mend it, or leave it empty if it is not known"
        )
