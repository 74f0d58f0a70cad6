"""What labels to expect of scores, by the labels that everybody but the sender itself gave for such scores."""

import numpy as np
from numpy.typing import NDArray

from functions.domain.isotonic import pool_adjacent_violators

BINS = 200
LEAST_CHANCE = 1e-4  # no label is impossible
_PERIOD_PRIOR = 20.0  # labels of a class in a period that agree with the calibration, taken to be there

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def calibrated_without(
    chances: Floats, given: Ints, senders: Ints, periods: Ints | None, trusted: NDArray[np.bool_]
) -> Floats:
    """Chances of the true class [rows, classes] for each row, calibrated on the trusted rows of the other senders.

    Each class against all others, isotonic over bins of equal numbers of rows, and made to add up to 1 again. In a
    period in which the others saw more or fewer of a class than that, its chances are multiplied accordingly.
    """
    places = np.unique(senders, return_inverse=True)[1]
    number = int(places.max()) + 1
    classes = chances.shape[1]
    clean = np.empty_like(chances)
    for k in range(classes):
        cells = _bins(chances[:, k])
        width = int(cells.max()) + 1
        rows = _by_sender(places, cells, trusted.astype(np.float64), number, width)
        hits = _by_sender(places, cells, (trusted & (given == k)).astype(np.float64), number, width)
        others_rows, others_hits = rows.sum(axis=0) - rows, hits.sum(axis=0) - hits
        middles = np.bincount(cells, weights=chances[:, k], minlength=width) / np.bincount(cells, minlength=width)
        for place in range(number):
            # Half a row in each bin by the score itself: where nobody else has labels, it is all there is.
            weights = others_rows[place] + 0.5
            rates = pool_adjacent_violators((others_hits[place] + 0.5 * middles) / weights, weights)
            theirs = places == place
            clean[theirs, k] = np.interp(chances[theirs, k], middles, rates)
    clean = _normalised(clean)
    return clean if periods is None else _normalised(clean * _drift(clean, given, places, periods, trusted))


def _bins(values: Floats) -> Ints:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)[1].astype(np.int64)


def _drift(clean: Floats, given: Ints, places: Ints, periods: Ints, trusted: NDArray[np.bool_]) -> Floats:
    """By how much more often the others saw each class in the row's period than their scores said [rows, classes]."""
    moments = np.unique(periods, return_inverse=True)[1]
    number, times = int(places.max()) + 1, int(moments.max()) + 1
    factor = np.empty_like(clean)
    for k in range(clean.shape[1]):
        seen = _by_sender(places, moments, (trusted & (given == k)).astype(np.float64), number, times)
        expected = _by_sender(places, moments, np.where(trusted, clean[:, k], 0.0), number, times)
        ratio = (seen.sum(axis=0) - seen + _PERIOD_PRIOR) / (expected.sum(axis=0) - expected + _PERIOD_PRIOR)
        factor[:, k] = ratio[places, moments]
    return factor


def _by_sender(places: Ints, cells: Ints, weights: Floats, number: int, width: int) -> Floats:
    return np.bincount(places * width + cells, weights=weights, minlength=number * width).reshape(number, width)


def _normalised(chances: Floats) -> Floats:
    bounded = np.maximum(chances, LEAST_CHANCE)
    return bounded / bounded.sum(axis=1, keepdims=True)
