"""How far a window's distribution is from its reference's, over the same cells."""

import numpy as np
from numpy.typing import NDArray

from functions.domain.chi_squared import quantile
from functions.domain.homogeneity import Pooled

# Jeffreys' prior: half a count more in each cell, so that an empty one gives a large PSI and no infinite one.
PSEUDO_COUNT = 0.5


def population_stability_index(cells: Pooled) -> float:
    """PSI: the sum over cells of (window share - reference share) x ln(window share / reference share).

    It is Jeffreys' divergence, symmetric, at least 0. Shares are smoothed: (count + 0.5) / (total + 0.5 x cells). With
    cells of five expected counts and more this changes little. (Siddiqi 2006, Credit Risk Scorecards, chapter 9.)
    """
    if len(cells) < 2:
        return 0.0
    reference, window = _smoothed(cells.reference), _smoothed(cells.window)
    return float(np.sum((window - reference) * np.log(window / reference)))


def noise_floor(cells: Pooled) -> float:
    """The PSI that two samples of one distribution have on average, for their sizes alone: (B - 1)(1/n + 1/N).

    Yurdakul & Naranjo 2020, Statistical properties of the population stability index, Journal of Risk Model Validation
    14(4): PSI / (1/n + 1/N) is asymptotically chi-squared with B - 1 degrees of freedom.
    """
    return max(len(cells) - 1, 0) * _per_degree(cells)


def noise_reach(cells: Pooled, probability: float) -> float:
    """The PSI that two samples of one distribution stay below with this probability, by the same law."""
    return quantile(probability, max(len(cells) - 1, 0)) * _per_degree(cells)


def jensen_shannon(reference: NDArray[np.float64], window: NDArray[np.float64]) -> float:
    """The Jensen-Shannon distance of two distributions' shares, [cells] each with sum 1: 0 (same) to 1 (disjoint).

    The square root of the divergence in bits (Endres & Schindelin 2003, IEEE Trans. Inf. Theory 49, 1858-1860).
    """
    middle = (reference + window) / 2
    divergence = (_relative_entropy(reference, middle) + _relative_entropy(window, middle)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def _smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((counts + PSEUDO_COUNT) / (counts.sum() + PSEUDO_COUNT * len(counts)))


def _per_degree(cells: Pooled) -> float:
    sizes = float(cells.reference.sum()), float(cells.window.sum())
    return 1 / sizes[0] + 1 / sizes[1] if min(sizes) > 0 else 0.0


def _relative_entropy(shares: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    there = shares > 0
    return float(np.sum(shares[there] * np.log2(shares[there] / others[there])))
