"""No sender makes up more than a given share of the labels that are learnt from."""

import math

import numpy as np
from numpy.typing import NDArray


def above_share(senders: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """The rows [some] to set aside, by a seeded draw, so that no sender has more than `share` of those that stay.

    A sender alone is not capped; where there are too few senders for the share, each may have as much as the others.

    Raises:
        ValueError: `share` is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a sender's share lies between 0 and 1, and {share} does not")
    places = np.unique(senders, return_inverse=True)[1]
    sizes = np.bincount(places)
    if len(sizes) < 2:
        return np.zeros(0, np.int64)
    most = _most_rows(sizes.tolist(), max(share, 1 / len(sizes)))
    chance = np.random.Generator(np.random.PCG64(seed))
    aside = [
        chance.choice(np.flatnonzero(places == place), size - most, replace=False)
        for place, size in enumerate(sizes.tolist())
        if size > most
    ]
    return np.sort(np.concatenate(aside)).astype(np.int64) if aside else np.zeros(0, np.int64)


def _most_rows(sizes: list[int], share: float) -> int:
    """The largest number of rows m with m <= share * (the sum of all senders' rows, each cut to m)."""
    ordered = sorted(sizes, reverse=True)
    if ordered[0] <= share * sum(ordered):
        return ordered[0]
    for capped in range(1, len(ordered)):
        rest = sum(ordered[capped:])
        if capped * share >= 1:
            break
        most = share * rest / (1 - capped * share)
        if most >= ordered[capped]:
            return max(1, math.floor(most + 1e-9))
    return max(1, ordered[-1])
