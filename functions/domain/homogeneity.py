"""Whether two samples of counts come from one distribution: Pearson's chi-squared test of homogeneity.

The reference is a sample too, not the truth: a window is compared with it as one sample with another. Pearson's
statistic rather than the likelihood ratio (G), because it keeps to its level with smaller counts (Koehler & Larntz
1980, An empirical investigation of goodness-of-fit statistics for sparse multinomials, JASA 75, 336-344).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.chi_squared import survival

LEAST_EXPECTED = 5.0  # Cochran's rule for the smallest expected count (Cochran 1954, Biometrics 10, 417-451)

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Two samples' counts in cells that all have enough: each of shape [cells]."""

    reference: Counts
    window: Counts

    def __len__(self) -> int:
        return len(self.reference)


def pooled(reference: Counts, window: Counts) -> Pooled:
    """Put the cells together in which the smaller sample is expected to have fewer than five.

    Which those are depends on both samples' sum alone, so that it tells nothing of their difference. Where they are too
    few even together, the smallest other cell joins them. Both are of shape [cells]; there may be none left to compare.
    """
    total = reference + window
    sizes = reference.sum(), window.sum()
    if min(sizes) == 0:
        return Pooled(np.zeros(0), np.zeros(0))
    expected = total * (min(sizes) / sum(sizes))
    sparse = expected < LEAST_EXPECTED
    if not sparse.any():
        return Pooled(reference, window)
    rest = np.flatnonzero(~sparse)
    if len(rest) and expected[sparse].sum() < LEAST_EXPECTED:
        sparse[rest[np.argmin(expected[rest])]] = True
    kept = ~sparse
    return Pooled(
        np.append(reference[kept], reference[sparse].sum()),
        np.append(window[kept], window[sparse].sum()),
    )


def p_value(cells: Pooled) -> float:
    """How probable counts that are at least so unlike are, if both samples come from one distribution."""
    if len(cells) < 2:
        return 1.0
    return survival(statistic(cells), len(cells) - 1)


def statistic(cells: Pooled) -> float:
    """Pearson's chi-squared of the two rows of counts, with one degree of freedom fewer than there are cells."""
    ratio = np.sqrt(cells.window.sum() / cells.reference.sum())
    apart = cells.window / ratio - cells.reference * ratio
    return float(np.sum(apart**2 / (cells.window + cells.reference)))
