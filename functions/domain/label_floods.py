"""Exact floods: a sender repeats a whole row, its label included, far more often than the others make plausible."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_REPEATS = 10  # fewer of the same row weigh too little to ask where they come from
_FAR = 5.0  # standard deviations of a Poisson count above what the others make plausible
_OWN_FACTOR = 10.0  # a sender alone: times the 99th percentile of its own repeats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Flood:
    """A row that a sender sent `repeats` times: all but the first `plausible` of them are at `rows`."""

    sender: int
    repeats: int
    plausible: int
    rows: Ints


def floods(digests: NDArray[np.integer], senders: Ints) -> list[Flood]:
    """From a digest of each row's features and label [rows], in the order of time, and who sent the label [rows].

    Plausible is what the others' share of the same row gives for as many labels as this sender has, with one more row
    than they have seen, and five standard deviations. A sender who is alone is compared with its own other rows.
    """
    keys = np.unique(digests, return_inverse=True)[1]
    numbers, places = np.unique(senders, return_inverse=True)
    labels = np.bincount(places)
    everybodys = np.bincount(keys)
    pairs, counts = np.unique(places * len(everybodys) + keys, return_counts=True)
    found = []
    for pair, count in zip(
        pairs[counts >= LEAST_REPEATS].tolist(), counts[counts >= LEAST_REPEATS].tolist(), strict=True
    ):
        place, key = divmod(pair, len(everybodys))
        if len(numbers) > 1:
            others = len(digests) - int(labels[place])
            expected = (int(everybodys[key]) - count + 1) / (others + 1) * int(labels[place])
        else:
            expected = _OWN_FACTOR * float(np.quantile(everybodys, 0.99, method="inverted_cdf"))
        plausible = max(1, math.floor(expected + _FAR * math.sqrt(expected)))
        if count >= LEAST_REPEATS and count > plausible:
            rows = np.flatnonzero((places == place) & (keys == key))
            found.append(Flood(int(numbers[place]), count, plausible, rows[plausible:]))
    return found
