"""The SQL that counts one column of a window: a GROUP BY that reads no other column, a row a bin or category."""

from collections.abc import Sequence

from functions.domain.contract import Feature
from functions.domain.log_table import feature_column, quoted
from functions.evaluate.literals import text_literal

LARGEST = 1e140


def double_literal(value: float) -> str:
    """A double to the last bit: SQL reads 0.1 as a decimal, and a decimal of 17 digits is not the same double."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def number(column: str) -> str:
    """A float column as doubles; what is no finite number is null."""
    return f"CASE WHEN isfinite({column}) THEN CAST({column} AS DOUBLE) END"


def double(column: str) -> str:
    """A column of doubles, held within what can be squared: a variance that overflows is an error in DuckDB."""
    limit = double_literal(LARGEST)
    return f"CASE WHEN isfinite({column}) THEN greatest(least({column}, {limit}), -{limit}) END"


def integer(column: str) -> str:
    """An integer column as doubles, rounded beyond 2^53 as the reference's digests are."""
    return f"CAST({column} AS DOUBLE)"


def elements(feature: Feature) -> str:
    """A feature's column, or the elements of its vectors; a vector that is missing counts as one missing element."""
    column = quoted(feature_column(feature.name))
    return column if feature.size is None else f"unnest(coalesce({column}, [NULL]))"


def value_of(feature: Feature, raw: str = "raw") -> str:
    """What to count of an element: a text ("" is what a nullable one's missing value is to the model), or a double."""
    if feature.type == "string":
        return f"nullif({raw}, '')" if feature.nullable else raw
    if feature.type == "bool":
        return f"CAST({raw} AS VARCHAR)"
    return integer(raw) if feature.type == "int64" else number(raw)


def count_numbers(view: str, raw: str, value: str, knots: Sequence[float], where: str = "true") -> str:
    """Rows of (bin, count, mean, population variance, min, max, zeros); bin is null for missing values."""
    return (
        "SELECT bin, count(*), avg(v), var_pop(v), min(v), max(v), count(*) FILTER (v = 0) FROM ("
        f"SELECT v, CASE WHEN v IS NOT NULL THEN {_bin(knots)} END AS bin FROM ("
        f"SELECT {value} AS v FROM (SELECT {raw} AS raw FROM {view} WHERE {where}))) GROUP BY bin"
    )


def count_values(view: str, raw: str, value: str, most: int, where: str = "true") -> str:
    """Rows of (value, count) of a numeric column, value null for missing ones; `most` of them, if there are so many."""
    return (
        f"SELECT v, count(*) AS n FROM (SELECT {value} AS v FROM (SELECT {raw} AS raw FROM {view} WHERE {where})) "
        f"GROUP BY v LIMIT {most}"
    )


def count_categories(view: str, raw: str, value: str, known: Sequence[str], where: str = "true") -> str:
    """Rows of (value, rows, rows with a value): value is null for all that is not known and for what is missing.

    The list stands in the query once, since each mention of it is another look-up a row.
    """
    listed = ", ".join(text_literal(name) for name in known)
    key = f"CASE WHEN v IN ({listed}) THEN v END" if known else "CAST(NULL AS VARCHAR)"
    return (
        f"SELECT known, count(*), count(v) FROM (SELECT v, {key} AS known FROM ("
        f"SELECT {value} AS v FROM (SELECT {raw} AS raw FROM {view} WHERE {where}))) GROUP BY known"
    )


def other_categories(view: str, raw: str, value: str, known: Sequence[str], most: int, where: str = "true") -> str:
    """Rows of (value, count, how many different ones there are): the most frequent values that are not known."""
    listed = ", ".join(text_literal(name) for name in known)
    unknown = f"v NOT IN ({listed})" if known else "true"
    return (
        f"SELECT v, count(*) AS n, count(*) OVER () FROM ("
        f"SELECT {value} AS v FROM (SELECT {raw} AS raw FROM {view} WHERE {where})) "
        f"WHERE v IS NOT NULL AND {unknown} GROUP BY v ORDER BY n DESC, v LIMIT {most}"
    )


def _bin(knots: Sequence[float], first: int = 0) -> str:
    """The number of knots at or below v, by halving: as many comparisons as log2 of the knots."""
    if not len(knots):
        return f"{first}::UTINYINT"
    middle = len(knots) // 2
    low, high = _bin(knots[:middle], first), _bin(knots[middle + 1 :], first + middle + 1)
    return f"CASE WHEN v < {double_literal(knots[middle])} THEN {low} ELSE {high} END"
