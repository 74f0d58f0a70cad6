"""What was counted of one column in a window: enough to compare it with its reference, and of the same size for any
number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from functions.domain.reference import CategoryDigest, NumberDigest

KNOT_STEP = 10  # every tenth of a reference's 201 quantiles: 20 bins of about equal share
LEAST_ATOM = 0.01  # a single value that so many of the reference's have is compared by itself


@dataclass(frozen=True, slots=True)
class NumberCounts:
    """A numeric column. Bins are half-open between `knots`, as a NumberDigest's are between its edges.

    `counts`, `means` and `variances` (population) are by bin, [knots + 1]; an empty bin's mean and variance are 0.
    `missing` counts nulls and what is no finite number.
    """

    knots: NDArray[np.float64]
    counts: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    missing: int = 0
    zeros: int = 0
    min: float | None = None
    max: float | None = None

    @property
    def present(self) -> int:
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        return self.present + self.missing

    @property
    def mean(self) -> float | None:
        return float(self.counts @ self.means / self.present) if self.present else None

    @property
    def std(self) -> float | None:
        """Of the population, as a NumberDigest's is; bins are put together without cancellation (Chan et al. 1983)."""
        if self.mean is None:
            return None
        squares = self.counts @ self.variances + self.counts @ (self.means - self.mean) ** 2
        return float(np.sqrt(squares / self.present))

    def folded(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts of the present values between `edges`, [edges + 1].

        Raises:
            ValueError: an edge is none of the knots.
        """
        at = np.searchsorted(self.knots, edges)
        if len(edges) and not (at[-1] < len(self.knots) and np.array_equal(self.knots[at], edges)):
            raise ValueError("bins can only be put together at their own knots")
        starts = np.concatenate([[0], at + 1])
        return np.add.reduceat(self.counts, starts)


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """A column of texts or bools.

    `counts` is of the values that were asked for, 0 where there are none; `others` counts rows with any other value,
    and `listed` is the most frequent of those, `distinct_others` how many different ones there are (None: not listed).
    """

    counts: dict[str, int]
    others: int = 0
    missing: int = 0
    listed: tuple[tuple[str, int], ...] = field(default=())
    distinct_others: int | None = None

    @property
    def rows(self) -> int:
        return sum(self.counts.values()) + self.others + self.missing


ColumnCounts = NumberCounts | CategoryCounts


def atoms(digest: NumberDigest) -> dict[int, float]:
    """The value by bin that is told from the rest of its bin: the smallest one, where enough of all values are it."""
    starts = (digest.min, *digest.edges)
    enough = max(LEAST_ATOM * sum(digest.counts), 1)
    return {
        index: start
        for index, (start, ties) in enumerate(zip(starts, digest.ties, strict=False))
        if start is not None and ties >= enough
    }


def compared_edges(digest: NumberDigest) -> NDArray[np.float64]:
    """The edges of the cells that are compared: the reference's own, and on either side of its atoms."""
    values = np.array(list(atoms(digest).values()), dtype=np.float64)
    return np.unique(np.concatenate([digest.edges, values, np.nextafter(values, np.inf)]))


def knots(digest: NumberDigest) -> NDArray[np.float64]:
    """Where to count a numeric column: at the edges that are compared, and at every tenth quantile for Wasserstein."""
    return np.unique(np.concatenate([compared_edges(digest), digest.quantiles[::KNOT_STEP]]))


def counts_of_values(marks: NDArray[np.float64], found: Sequence[tuple[float | None, int]]) -> NumberCounts:
    """What was counted value by value, put into the bins between `marks`; None is a missing value."""
    there = sorted((value, count) for value, count in found if value is not None)
    values, counts = np.array([v for v, _ in there]), np.array([n for _, n in there], dtype=np.float64)
    place, bins = np.searchsorted(marks, values, side="right"), len(marks) + 1
    totals = np.bincount(place, counts, bins)
    filled = np.maximum(totals, 1)
    means = np.bincount(place, counts * values, bins) / filled
    squares = np.bincount(place, counts * (values - means[place]) ** 2, bins)
    return NumberCounts(
        knots=marks,
        counts=totals,
        means=means,
        variances=squares / filled,
        missing=sum(count for value, count in found if value is None),
        zeros=int(counts[values == 0].sum()),
        min=there[0][0] if there else None,
        max=there[-1][0] if there else None,
    )


def counts_of_categories(known: Sequence[str], found: Sequence[tuple[str | None, int]], most: int) -> CategoryCounts:
    """What was counted value by value: what is known, and the rest, of which the `most` frequent are listed."""
    counted, asked = {value: count for value, count in found if value is not None}, set(known)
    others = sorted(
        ((value, count) for value, count in counted.items() if value not in asked),
        key=lambda item: (-item[1], item[0]),
    )
    return CategoryCounts(
        counts={name: counted.get(name, 0) for name in known},
        others=sum(count for _, count in others),
        missing=sum(count for value, count in found if value is None),
        listed=tuple(others[:most]),
        distinct_others=len(others) if others and most else None,
    )


def known_values(digest: CategoryDigest | None, categories: tuple[str | int, ...] | None) -> list[str]:
    """Which values of a column to count one by one: the reference's, and those that model.toml lists."""
    return sorted({*(digest.categories if digest else ()), *map(str, categories or ())})
