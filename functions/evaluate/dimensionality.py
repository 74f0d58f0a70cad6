"""The effective dimension of a window's numeric features, from sums of products of standardised columns."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import duckdb
import numpy as np

from functions.domain.column_counts import ColumnCounts, NumberCounts
from functions.domain.contract import Feature
from functions.domain.effective_dimension import MOST_COLUMNS, effective_dimension
from functions.domain.reference import Reference
from functions.evaluate.column_sql import double_literal, elements, value_of
from functions.evaluate.window_rows import WINDOW

Standard = tuple[Feature, NumberCounts]


def dimensionality(
    con: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    counts: Mapping[str, ColumnCounts],
    reference: Reference | None,
) -> dict[str, Any]:
    """How many directions the first numeric features vary in (no vectors, no constants), and the reference's."""
    numeric = [f for f in features if f.size is None and f.type in ("float32", "int64")][:MOST_COLUMNS]
    varying = [(f, c) for f in numeric if isinstance(c := counts[f.name], NumberCounts) and c.min != c.max]
    return {
        "features": len(varying),
        "effective_dimension": _effective(con, varying) if varying else None,
        "reference_effective_dimension": None if reference is None else reference.effective_dimension,
    }


def _effective(con: duckdb.DuckDBPyConnection, varying: Sequence[Standard]) -> float:
    correlations = np.eye(len(varying))
    pairs = list(combinations(range(len(varying)), 2))
    if not pairs:
        return 1.0
    products = ", ".join(f"sum(z{i} * z{j})" for i, j in pairs)
    columns = ", ".join(f"{_standardised(f, counts)} AS z{i}" for i, (f, counts) in enumerate(varying))
    sums = con.execute(f"SELECT {products} FROM (SELECT {columns} FROM {WINDOW})").fetchone() or ()
    for (i, j), total in zip(pairs, sums, strict=True):
        # A standardised column's squares sum to its number of values.
        correlation = total / np.sqrt(varying[i][1].present * varying[j][1].present)
        correlations[i, j] = correlations[j, i] = correlation
    return effective_dimension(correlations)


def _standardised(feature: Feature, counts: NumberCounts) -> str:
    """A missing value counts as the mean: 0."""
    if counts.mean is None or not counts.std:
        raise ValueError(f"{feature.name!r} does not vary")
    centred = f"{value_of(feature, elements(feature))} - {double_literal(counts.mean)}"
    return f"coalesce(({centred}) * {double_literal(1 / counts.std)}, 0)"
