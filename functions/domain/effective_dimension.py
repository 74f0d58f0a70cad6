"""How many independent directions a set of numeric columns really varies in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_COLUMNS = 24  # pairs grow with the square: 276 for so many


def effective_dimension(correlations: NDArray[np.float64]) -> float:
    """The participation ratio (Σλ)² / Σλ² of the eigenvalues λ of a correlation matrix [d, d]: 1 to d.

    d columns that know nothing of each other give d, copies of one column give 1. The sums are the matrix's trace and
    the sum of its squared entries, so no eigenvalue is computed. (Bretherton et al. 1999, The effective number of
    spatial degrees of freedom of a time-varying field, J. Climate 12, 1990-2009, equation 5.)

    Raises:
        ValueError: an empty matrix.
    """
    if not correlations.size:
        raise ValueError("no columns have no dimension")
    return float(np.trace(correlations) ** 2 / np.sum(correlations**2))


def effective_dimension_of(columns: Sequence[NDArray[np.float64]]) -> float | None:
    """The same of columns [rows] each, NaN for a missing value, which counts as the column's mean.

    The first `MOST_COLUMNS` are taken, without those that have fewer than two values; None where none is left.
    """
    standardised = [z for z in map(_standardised, columns[:MOST_COLUMNS]) if z is not None]
    if not standardised:
        return None
    matrix = np.stack(standardised, axis=1)
    norms = np.sqrt(np.sum(matrix**2, axis=0))
    return effective_dimension(matrix.T @ matrix / np.outer(norms, norms))


def _standardised(column: NDArray[np.float64]) -> NDArray[np.float64] | None:
    present = column[np.isfinite(column)]
    if len(present) == 0 or present.min() == present.max():
        return None
    return np.where(np.isfinite(column), (column - present.mean()) / present.std(), 0.0)
