"""Rows of the log table as arrays: features as a client sent them, and whatever else is asked for of each row.

Only the columns that are asked for are read. A null is NaN in a float, "" in a string, 0 or false elsewhere; `complete`
says of each row whether it has every feature that may not be null, and every vector in its full length.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.adapters.table_rows import TableSource
from functions.domain.contract import Feature
from functions.domain.log_table import COLUMNS, feature_column, feature_type, quoted

VIEW = "log_rows"
COMPLETE = "is complete"  # no column's name can have a space that we did not write
_EMPTY = {"float32": "'nan'::DOUBLE", "int64": "0::BIGINT", "bool": "false", "string": "''"}
_WIDE = {"float32": "DOUBLE", "int64": "BIGINT", "bool": "BOOLEAN", "string": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class LoggedRows:
    """`features` [rows] or [rows, k]: float64, int64, bool or str objects; `beside` what else was asked for, by name.

    Of `beside`, what is null is masked in the arrays of numbers and times, and None in those of objects.
    """

    features: Mapping[str, NDArray[Any]]
    complete: NDArray[np.bool_]
    beside: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.complete)


def open_log(con: duckdb.DuckDBPyConnection, files: Sequence[Path], features: Sequence[Feature]) -> None:
    """Make the view `log_rows` over files of the table: its columns, and one a feature, in their types."""
    wanted = {**COLUMNS, **{feature_column(f.name): feature_type(f) for f in features}}
    source = TableSource.over(con, files)
    con.execute(f"create or replace view {VIEW} as select {', '.join(source.typed(wanted))} from {source.sql}")


def count(con: duckdb.DuckDBPyConnection, conditions: Mapping[str, str]) -> dict[str, int]:
    """How many rows of the log hold each condition (SQL), by its name."""
    counted = ", ".join(f"count(*) filter (where {condition})" for condition in conditions.values())
    found = con.execute(f"select {counted} from {VIEW}").fetchone()
    return dict(zip(conditions, found or [0] * len(conditions), strict=True))


def read_log(
    con: duckdb.DuckDBPyConnection, features: Sequence[Feature], where: str, beside: Mapping[str, str]
) -> LoggedRows:
    """The rows that hold a condition (SQL), in the order of time and id; `beside` is more SQL by the name it gets."""
    asked = [*_selected(features), *(f"{sql} as {quoted(name)}" for name, sql in beside.items())]
    found = con.execute(
        f"select {_complete(features)} as {quoted(COMPLETE)}, {', '.join(asked)} from {VIEW} "
        f"where {where} order by time, id"
    ).fetchnumpy()
    columns = {feature.name: _column(place, feature, found) for place, feature in enumerate(features)}
    return LoggedRows(columns, _plain(found[COMPLETE]), {name: _with_none(found[name]) for name in beside})


def _selected(features: Sequence[Feature]) -> Iterator[str]:
    """A column a feature, of a vector one an element: what is null or not there has a value of its own."""
    for place, feature in enumerate(features):
        for element, sql in enumerate(_elements(feature)):
            yield f"coalesce({sql}::{_WIDE[feature.type]}, {_EMPTY[feature.type]}) as {quoted(_name(place, element))}"


def _elements(feature: Feature) -> list[str]:
    column = quoted(feature_column(feature.name))
    return [column] if feature.size is None else [f"list_extract({column}, {i + 1})" for i in range(feature.size)]


def _complete(features: Sequence[Feature]) -> str:
    conditions = ["true"]
    for feature in features:
        column = quoted(feature_column(feature.name))
        if feature.size is not None:
            conditions.append(f"coalesce(len({column}) = {feature.size}, false)")
        if not feature.nullable:
            conditions += [f"{element} is not null" for element in _elements(feature)]
    return " and ".join(conditions)


def _column(place: int, feature: Feature, found: Mapping[str, Any]) -> NDArray[Any]:
    parts = [_plain(found[_name(place, element)]) for element in range(feature.size or 1)]
    return parts[0] if feature.size is None else np.stack(parts, axis=1)


def _name(place: int, element: int) -> str:
    return f"feature {place} {element}"


def _plain(values: Any) -> NDArray[Any]:
    return np.ma.getdata(values)


def _with_none(values: NDArray[Any]) -> NDArray[Any]:
    """Objects with None where they are masked; other arrays as they are."""
    if values.dtype != object or not isinstance(values, np.ma.MaskedArray):
        return values
    plain = np.ma.getdata(values).copy()
    plain[np.ma.getmaskarray(values)] = None
    return plain
