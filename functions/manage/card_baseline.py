"""Of a card: the drift baseline, which is what later windows are compared with, column by column."""

from typing import Any

from functions.domain.reference import NumberDigest, Reference, ReferenceColumn

MOST_VALUES = 10  # that a card lists of a column

Document = dict[str, Any]


def baseline(reference: Reference) -> Document:
    """Where it comes from, how many rows it stands for, and each column in short."""
    return {
        "source": reference.source,
        "rows": reference.rows,
        "holdout_rows": reference.holdout_rows,
        "loss": reference.loss,
        "columns": [_column(column) for column in reference.columns],
    }


def _column(column: ReferenceColumn) -> Document:
    digest = column.digest
    told: Document = {"name": column.name, "kind": column.kind, "count": digest.count, "missing": digest.missing}
    if isinstance(digest, NumberDigest):
        middle = digest.quantiles[len(digest.quantiles) // 2] if digest.quantiles else None
        numbers = {"mean": digest.mean, "std": digest.std, "min": digest.min, "median": middle, "max": digest.max}
        return told | {"numbers": numbers, "values": None, "other": None}
    frequent = sorted(digest.categories.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in frequent[MOST_VALUES:]) + digest.other
    values = [{"value": value, "rows": count} for value, count in frequent[:MOST_VALUES]]
    return told | {"numbers": None, "values": values, "other": rest}
