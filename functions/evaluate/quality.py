"""Data quality: what of a window's inputs is missing, out of range, unknown, zero, repeated or was turned away."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from functions.domain.column_counts import CategoryCounts, ColumnCounts, NumberCounts
from functions.domain.contract import Feature
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Digest, NumberDigest, Reference
from functions.evaluate.column_sql import double_literal, elements
from functions.evaluate.count_columns import count_features
from functions.evaluate.dimensionality import dimensionality
from functions.evaluate.duplicates import duplicates
from functions.evaluate.window_rows import WINDOW

Section = dict[str, Any]
EXACT_INTEGERS = 2**53  # beyond, doubles no longer tell neighbouring integers apart


def quality(
    con: duckdb.DuckDBPyConnection,
    config: ModelConfig,
    reference: Reference | None,
    turned_away: Mapping[str, float],
    turned_away_requests: float | None = None,
    features: Mapping[str, ColumnCounts] | None = None,
) -> Section:
    """The section `quality` of a report, by feature in the order of model.toml.

    `out_of_range` and `unknown_category` are counted from the logged values against model.toml as it is deployed now;
    `flagged` is how many rows carried a flag for it when they were answered. Of a vector, elements are counted.
    `turned_away` are values that validation refused, by feature, and `turned_away_requests` the requests that were:
    they are in no log, CloudWatch counted them. `features` is what `count_features` gave, where that was called before.
    """
    counts = count_features(con, config, reference) if features is None else features
    flags = _flags(con)
    rows = _rows(con)
    columns = [
        {
            "name": feature.name,
            "type": feature.type,
            **_column(con, feature, counts[feature.name], _digest(reference, feature)),
            "flagged": flags.get(feature.name, 0),
            "turned_away": turned_away.get(feature.name, 0),
        }
        for feature in config.features
    ]
    return {
        "rows": rows,
        "columns": columns,
        **duplicates(con, config.features, rows),
        "turned_away_requests": turned_away_requests,
        "dimensionality": dimensionality(con, config.features, counts, reference),
    }


def _digest(reference: Reference | None, feature: Feature) -> Digest | None:
    column = None if reference is None else reference.column(feature.name)
    return column.digest if column is not None and column.kind == "feature" else None


def _rows(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute(f"SELECT count(*) FROM {WINDOW}").fetchone()
    return row[0] if row is not None else 0


def _flags(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Flagged rows by feature; a flag reads `out_of_range:FEATURE` or `unknown_category:FEATURE`."""
    query = (
        "SELECT substr(flag, strpos(flag, ':') + 1), count(*) "
        f"FROM (SELECT unnest(flags) AS flag FROM {WINDOW} WHERE len(flags) > 0) GROUP BY 1"
    )
    return dict(con.execute(query).fetchall())


def _column(con: duckdb.DuckDBPyConnection, feature: Feature, counts: ColumnCounts, digest: Digest | None) -> Section:
    numeric = isinstance(counts, NumberCounts)
    return {
        "missing": counts.missing,
        "missing_share": _share(counts.missing, counts.rows),
        "reference_missing_share": None if digest is None else _share(digest.missing, digest.count),
        "out_of_range": _out_of_range(con, feature, counts) if isinstance(counts, NumberCounts) else None,
        "unknown_category": _unknown(con, feature, counts),
        "zero_share": _share(counts.zeros, counts.rows) if isinstance(counts, NumberCounts) else None,
        "reference_zero_share": _share(digest.zeros, digest.count)
        if numeric and isinstance(digest, NumberDigest)
        else None,
    }


def _out_of_range(con: duckdb.DuckDBPyConnection, feature: Feature, counts: NumberCounts) -> int:
    """Values beyond model.toml's min and max; counted only where the smallest or largest says that there are any."""
    low, high = _limits(feature)
    beyond = [
        f"v {sign} {_exact(feature, bound)}"
        for sign, bound, reached in (("<", low, counts.min), (">", high, counts.max))
        if bound is not None and reached is not None and _may_be_beyond(sign, reached, bound)
    ]
    return _count(con, feature, " OR ".join(beyond)) if beyond else 0


def _limits(feature: Feature) -> tuple[float | None, float | None]:
    """As `predict` has them: a float32's limit is the wider of itself and its nearest float32."""
    low, high = feature.min, feature.max
    if feature.type == "float32":
        low = None if low is None else min(low, float(np.float32(low)))
        high = None if high is None else max(high, float(np.float32(high)))
    return low, high


def _may_be_beyond(sign: str, reached: float, bound: float) -> bool:
    if abs(bound) >= EXACT_INTEGERS:
        return reached <= bound if sign == "<" else reached >= bound
    return reached < bound if sign == "<" else reached > bound


def _exact(feature: Feature, bound: float) -> str:
    return str(int(bound)) if feature.type == "int64" else double_literal(bound)


def _unknown(con: duckdb.DuckDBPyConnection, feature: Feature, counts: ColumnCounts) -> int | None:
    """Values that are none of model.toml's categories; None where it lists none."""
    if feature.categories is None:
        return None
    if isinstance(counts, CategoryCounts):
        known = set(map(str, feature.categories))
        return counts.others + sum(rows for name, rows in counts.counts.items() if name not in known)
    return _count(con, feature, f"v NOT IN ({', '.join(str(int(value)) for value in feature.categories)})")


def _count(con: duckdb.DuckDBPyConnection, feature: Feature, condition: str) -> int:
    """Values of a numeric feature that meet a condition on `v`, in the column's own type."""
    there = "isfinite(v) AND " if feature.type == "float32" else ""
    row = con.execute(
        f"SELECT count(*) FROM (SELECT {elements(feature)} AS v FROM {WINDOW}) WHERE {there}({condition})"
    ).fetchone()
    return row[0] if row is not None else 0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
