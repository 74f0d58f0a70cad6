"""Digests of arrays, and counts of them as `evaluate` makes by SQL: an independent way to the same numbers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from functions.domain.column_counts import NumberCounts, knots
from functions.domain.reference import CategoryDigest, NumberDigest

Array = NDArray[np.float64]


def number_digest(
    values: Array, losses: Sequence[float | None] = (), missing_loss: float | None = None
) -> NumberDigest:
    """Deciles, or a bin a value up to twenty distinct ones."""
    present = values[~np.isnan(values)]
    distinct = np.unique(present)
    deciles = np.quantile(present, np.arange(1, 10) / 10, method="inverted_cdf") if len(present) else distinct
    edges = distinct[1:] if len(distinct) <= 20 else np.unique(deciles[deciles > distinct[0]])
    counts = [int(np.sum(np.searchsorted(edges, present, side="right") == number)) for number in range(len(edges) + 1)]
    quantiles = np.quantile(present, np.arange(201) / 200, method="inverted_cdf") if len(present) else distinct
    return NumberDigest(
        count=len(values),
        missing=len(values) - len(present),
        mean=float(present.mean()) if len(present) else None,
        std=float(present.std()) if len(present) else None,
        min=float(present.min()) if len(present) else None,
        max=float(present.max()) if len(present) else None,
        zeros=int(np.sum(present == 0)),
        edges=tuple(edges.tolist()),
        counts=tuple(counts),
        quantiles=tuple(quantiles.tolist()),
        losses=tuple(losses),
        missing_loss=missing_loss,
        ties=tuple(int(np.sum(present == start)) for start in [*distinct[:1], *edges]),
    )


def category_digest(
    values: Sequence[str | None], most: int = 200, losses: dict[str, float] | None = None
) -> CategoryDigest:
    counted = Counter(values)
    missing = counted.pop(None, 0)
    ranked = counted.most_common()
    kept = {str(name): count for name, count in ranked[:most]}
    return CategoryDigest(len(values), missing, kept, sum(count for _, count in ranked[most:]), losses or {})


def counted(values: Array, digest: NumberDigest) -> NumberCounts:
    """The counts of a numeric column, NaN missing."""
    present, marks = values[~np.isnan(values)], knots(digest)
    bins = np.searchsorted(marks, present, side="right")
    inside = [present[bins == number] for number in range(len(marks) + 1)]
    return NumberCounts(
        knots=marks,
        counts=np.array([float(len(part)) for part in inside]),
        means=np.array([part.mean() if len(part) else 0.0 for part in inside]),
        variances=np.array([part.var() if len(part) else 0.0 for part in inside]),
        missing=len(values) - len(present),
        zeros=int(np.sum(present == 0)),
        min=float(present.min()) if len(present) else None,
        max=float(present.max()) if len(present) else None,
    )
