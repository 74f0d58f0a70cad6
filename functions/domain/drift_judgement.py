"""Which columns drifted: by size, beyond noise, and with the false discovery rate over all columns under control."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from functions.domain.column_counts import CategoryCounts, ColumnCounts, NumberCounts
from functions.domain.drift_cells import Cells, category_cells, number_cells
from functions.domain.drift_cost import estimated_cost
from functions.domain.drift_distances import jensen_shannon, noise_floor, noise_reach, population_stability_index
from functions.domain.false_discovery import q_values
from functions.domain.homogeneity import p_value, pooled
from functions.domain.reference import CategoryDigest, Digest, NumberDigest
from functions.domain.wasserstein import Distance, wasserstein


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`psi` is the PSI beyond the noise that counts, `fdr` the false discovery rate, `min_rows` what a window needs."""

    psi: float
    fdr: float
    min_rows: int


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column of a window compares with its reference.

    `threshold` is the PSI that it must reach: `noise_floor` (what the samples' sizes alone bring on average) and
    Thresholds.psi on top, or what noise reaches with a probability of Thresholds.fdr, whichever is larger. `compared`
    is how many cells PSI and the test look at, sparse ones pooled; `cells` are all. `q_value` is None where the column
    was not judged: too few rows, or nothing to compare with. Distances are None where either side has no values.
    """

    cells: Cells
    compared: int
    psi: float | None
    jensen_shannon: float | None
    wasserstein: Distance | None
    p_value: float
    noise_floor: float
    threshold: float
    cost: float | None
    q_value: float | None = None
    drifted: bool = False


def compare(
    digest: Digest, window: ColumnCounts, loss: float | None, thresholds: Thresholds, values_per_row: int = 1
) -> ColumnDrift:
    """Measure one column; `judge` says afterwards, from all columns, whether it drifted.

    The values of a vector's row may be all alike. So a row of `values_per_row` values counts as one observation in the
    test and in the noise, as if they were (the largest design effect there can be).

    Raises:
        ValueError: a numeric digest with counts of categories, or the reverse.
    """
    if isinstance(digest, NumberDigest) and isinstance(window, NumberCounts):
        cells = number_cells(digest, window)
        distance = wasserstein(window, np.array(digest.quantiles, dtype=np.float64))
    elif isinstance(digest, CategoryDigest) and isinstance(window, CategoryCounts):
        cells, distance = category_cells(digest, window), None
    else:
        raise ValueError(f"{type(digest).__name__} cannot be compared with {type(window).__name__}")
    tested = pooled(cells.reference / values_per_row, cells.window / values_per_row)
    floor = noise_floor(tested)
    both = cells.reference.sum() > 0 and cells.window.sum() > 0
    return ColumnDrift(
        cells=cells,
        compared=len(tested),
        psi=population_stability_index(tested) if both else None,
        jensen_shannon=jensen_shannon(cells.reference_shares, cells.window_shares) if both else None,
        wasserstein=distance,
        p_value=p_value(tested),
        noise_floor=floor,
        threshold=max(floor + thresholds.psi, noise_reach(tested, 1 - thresholds.fdr)),
        cost=estimated_cost(cells, loss),
    )


def judge(columns: Sequence[ColumnDrift], rows: Sequence[int], thresholds: Thresholds) -> list[ColumnDrift]:
    """Say of each column whether it drifted: its PSI reaches the threshold, and its q-value is at most the rate.

    `rows` is by column. A column with fewer than `min_rows`, or none in the reference, is not judged and is not one of
    those over which the rate is controlled.
    """
    tested = [
        index
        for index, column in enumerate(columns)
        if rows[index] >= thresholds.min_rows and column.cells.reference.sum() > 0
    ]
    q = dict(zip(tested, q_values([columns[index].p_value for index in tested]), strict=True))
    return [
        replace(column, q_value=q[index], drifted=q[index] <= thresholds.fdr and (column.psi or 0) >= column.threshold)
        if index in q
        else column
        for index, column in enumerate(columns)
    ]
