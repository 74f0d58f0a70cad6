"""Lists of JSON values as arrays that DuckDB scans, in a column's type; what does not fit the type becomes null."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TEXT = "VARCHAR"
_SCALARS: dict[str, frozenset[type]] = {
    "FLOAT": frozenset({float, int, type(None)}),
    "DOUBLE": frozenset({float, int, type(None)}),
    "BIGINT": frozenset({int, type(None)}),
    "INTEGER": frozenset({int, type(None)}),
    "BOOLEAN": frozenset({bool, type(None)}),
    TEXT: frozenset({str, type(None)}),
}
_DTYPES: dict[str, Any] = {
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
    "BIGINT": np.int64,
    "INTEGER": np.int32,
    "BOOLEAN": np.bool_,
}
_INT64 = 2**63


def fitted(values: list[Any], kind: str) -> tuple[list[Any], int]:
    """The values of a column of DuckDB's type `kind`, each that does not fit as None; and how many did not.

    A vector's values come back as JSON.
    """
    if kind.endswith("[]"):
        vectors = [_vector(value, kind.removesuffix("[]")) for value in values]
        return vectors, sum(new is None and old is not None for new, old in zip(vectors, values, strict=True))
    if set(map(type, values)) <= _SCALARS[kind] and (kind != "BIGINT" or _in_range(values)):
        return values, 0
    scalars = [value if _fits(value, kind) else None for value in values]
    return scalars, sum(new is None and old is not None for new, old in zip(scalars, values, strict=True))


def array(values: Sequence[Any], kind: str) -> Array:
    """Fitted values as an array: masked where they are None; objects for texts, and for all that is JSON."""
    dtype = _DTYPES.get("BIGINT" if kind.startswith("TIMESTAMP") else kind)
    if dtype is None:
        objects = np.empty(len(values), dtype=object)
        objects[:] = values
        return objects
    if dtype in (np.float32, np.float64):  # None becomes NaN, which the table has as null too
        with np.errstate(over="ignore"):
            return _floats(values).astype(dtype)
    missing = np.fromiter((value is None for value in values), np.bool_, len(values))
    if not missing.any():
        return np.array(values, dtype=dtype)
    return np.ma.masked_array(np.array([value or 0 for value in values], dtype=dtype), missing)


def as_text(value: Any) -> str | None:
    """A value of a feature that no contract knows: texts as they are, all others as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def from_array(column: str, kind: str) -> str:
    """SQL that makes a value of type `kind` of what `array` holds; times are milliseconds since 1970 there."""
    if kind.endswith("[]"):
        return f"""from_json({column}, '["{kind.removesuffix("[]")}"]')"""
    if kind in ("FLOAT", "DOUBLE"):
        return f"case when isnan({column}) then null else {column} end::{kind}"
    if kind.startswith("TIMESTAMP"):
        return f"epoch_ms({column})::{kind}"
    if kind.startswith("MAP"):
        return f"{column}::JSON::{kind}"
    return f"{column}::{kind}"


def finite(value: Any) -> float | None:
    """A JSON number as a float; None for what is none, or too large for one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _floats(values: Sequence[Any]) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:  # an integer of more than 308 digits
        return np.array([finite(value) for value in values], dtype=np.float64)


def _fits(value: Any, kind: str) -> bool:
    if type(value) not in _SCALARS[kind]:
        return False
    return kind != "BIGINT" or value is None or -_INT64 <= value < _INT64


def _in_range(values: Sequence[Any]) -> bool:
    there = [value for value in values if value is not None]
    return not there or -_INT64 <= min(there) <= max(there) < _INT64


def _vector(value: Any, kind: str) -> str | None:
    if not isinstance(value, list) or not all(_fits(element, kind) for element in value):
        return None
    if kind == "FLOAT" and any(element is not None and finite(element) is None for element in value):
        return None
    return json.dumps(value)
