"""Counts the columns of a window, each by one query of its own over all of its rows."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from functions.domain.column_counts import (
    CategoryCounts,
    ColumnCounts,
    NumberCounts,
    counts_of_categories,
    counts_of_values,
    knots,
    known_values,
)
from functions.domain.contract import Feature
from functions.domain.model_config import ModelConfig
from functions.domain.reference import CategoryDigest, Digest, NumberDigest, Reference
from functions.evaluate.column_sql import (
    count_categories,
    count_numbers,
    count_values,
    double,
    elements,
    other_categories,
    value_of,
)
from functions.evaluate.window_rows import LABELLED, WINDOW

MOST_VALUES = 20_000  # different values of a column that are counted one by one
REPEATING = 0.97  # of a reference's quantiles are different values, where a column's values repeat
MOST_LISTED = 20  # values that the reference does not know, the most frequent ones
Rows = list[tuple[Any, ...]]


def count_features(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, reference: Reference | None
) -> dict[str, ColumnCounts]:
    """Each feature's values in `window_rows`, in the reference's bins and categories where it has the feature."""
    found: dict[str, ColumnCounts] = {}
    for feature in config.features:
        column = None if reference is None else reference.column(feature.name)
        digest = column.digest if column is not None and column.kind == "feature" else None
        found[feature.name] = count_feature(con, feature, digest)
    return found


def count_feature(con: duckdb.DuckDBPyConnection, feature: Feature, digest: Digest | None) -> ColumnCounts:
    """One feature's values in `window_rows`; a vector's elements one by one."""
    raw, value = elements(feature), value_of(feature)
    if feature.type in ("float32", "int64"):
        return _numbers(con, WINDOW, raw, value, digest if isinstance(digest, NumberDigest) else None)
    known = digest if isinstance(digest, CategoryDigest) else None
    return _categories(con, WINDOW, raw, value, known, feature.categories)


def count_output(con: duckdb.DuckDBPyConnection, name: str, digest: Digest) -> ColumnCounts:
    """`prediction` or `score` in `window_rows`."""
    return _count(con, WINDOW, name, digest, "true")


def count_label(con: duckdb.DuckDBPyConnection, name: str, digest: Digest) -> ColumnCounts:
    """`label` or `target` in `labelled_rows`; a truth that is not known is not a missing value, and left out."""
    return _count(con, LABELLED, name, digest, f"{name} IS NOT NULL")


def _count(con: duckdb.DuckDBPyConnection, view: str, name: str, digest: Digest, where: str) -> ColumnCounts:
    if isinstance(digest, NumberDigest):
        return _numbers(con, view, name, double("raw"), digest, where)
    return _categories(con, view, name, "raw", digest, None, where)


def _numbers(
    con: duckdb.DuckDBPyConnection,
    view: str,
    raw: str,
    value: str,
    digest: NumberDigest | None,
    where: str = "true",
) -> NumberCounts:
    marks = np.zeros(0) if digest is None else knots(digest)
    if digest is not None and _repeats(digest):
        # Counting few values one by one takes a fifth of the time of finding each row's bin.
        found = con.execute(count_values(view, raw, value, MOST_VALUES + 1, where)).fetchall()
        if len(found) <= MOST_VALUES:
            return counts_of_values(marks, found)
    rows: Rows = con.execute(count_numbers(view, raw, value, marks.tolist(), where)).fetchall()
    there = [row for row in rows if row[0] is not None]
    counts, means, variances = np.zeros(len(marks) + 1), np.zeros(len(marks) + 1), np.zeros(len(marks) + 1)
    for index, count, mean, variance, *_ in there:
        counts[index], means[index], variances[index] = count, mean, variance
    return NumberCounts(
        knots=marks,
        counts=counts,
        means=means,
        variances=variances,
        missing=sum(row[1] for row in rows if row[0] is None),
        zeros=sum(row[6] for row in there),
        min=min((row[4] for row in there), default=None),
        max=max((row[5] for row in there), default=None),
    )


def _repeats(digest: NumberDigest) -> bool:
    """Whether the reference's values come again and again, so that a window is likely to hold few different ones."""
    return len(set(digest.quantiles)) <= REPEATING * len(digest.quantiles)


def _categories(
    con: duckdb.DuckDBPyConnection,
    view: str,
    raw: str,
    value: str,
    digest: CategoryDigest | None,
    categories: tuple[str | int, ...] | None,
    where: str = "true",
) -> CategoryCounts:
    known = known_values(digest, categories)
    found = con.execute(count_values(view, raw, value, MOST_VALUES + 1, where)).fetchall()
    if len(found) <= MOST_VALUES:
        # Where the reference counts its rarest values together, a value that it does not name need not be new.
        return counts_of_categories(known, found, 0 if digest is not None and digest.other else MOST_LISTED)
    rows: Rows = con.execute(count_categories(view, raw, value, known, where)).fetchall()
    counts: Mapping[str, int] = {name: count for name, count, _ in rows if name is not None}
    rest = next(((count, present) for name, count, present in rows if name is None), (0, 0))
    listed: Rows = []
    if rest[1] and not (digest is not None and digest.other):
        listed = con.execute(other_categories(view, raw, value, known, MOST_LISTED, where)).fetchall()
    return CategoryCounts(
        counts={name: counts.get(name, 0) for name in known},
        others=rest[1],
        missing=rest[0] - rest[1],
        listed=tuple((name, count) for name, count, _ in listed),
        distinct_others=listed[0][2] if listed else None,
    )
