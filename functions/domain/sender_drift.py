"""Drift in one sender only: what it sends is unlike what the others send, while they are like each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 200  # of a sender
LEAST_SENDERS = 4  # so that the others can be said to agree
FAR = 0.5  # index at which a sender is out of line: twice the 0.25 from which a shift is commonly called large
_OTHERS_AGREE = 0.1  # median index of the senders, below which they are like each other
_TIMES = 5.0  # out of line is so many times as far as the next farthest
_BINS = 10
_SMALLEST = 1e-4

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SenderDrift:
    """A sender, the column in which it is farthest from the others, and how far: a population stability index."""

    sender: int
    column: str
    index: float
    others: float


def sender_drift(columns: Mapping[str, NDArray[np.generic]], senders: Ints) -> list[SenderDrift]:
    """At most one sender a column, from the values of each [rows]: numbers by tenths of all rows, others by value.

    The index is (a - b) log(a / b), summed over bins, of a sender's shares a and the others' b, less what chance adds
    to it on average: (bins - 1)(1 / rows + 1 / others' rows) (Yurdakul 2018, Statistical properties of population
    stability index, Western Michigan University, dissertation 3208).
    """
    numbers, places = np.unique(senders, return_inverse=True)
    sizes = np.bincount(places)
    enough = np.flatnonzero(sizes >= LEAST_ROWS)
    if len(enough) < LEAST_SENDERS:
        return []
    found: dict[int, SenderDrift] = {}
    for name, values in columns.items():
        cells = _cells(values)
        counts = np.zeros((len(numbers), int(cells.max()) + 1))
        np.add.at(counts, (places, cells), 1.0)
        total = counts.sum(axis=0)
        far = {place: _index(counts[place], total - counts[place]) for place in enough.tolist()}
        farthest = max(far, key=lambda place: far[place])
        rest = total - counts[farthest]  # the others are compared without the one that may be out of line
        others = [_index(counts[place], rest - counts[place]) for place in far if place != farthest]
        alone = far[farthest] > FAR and median(others) < _OTHERS_AGREE and far[farthest] > _TIMES * max(others)
        if alone and (farthest not in found or found[farthest].index < far[farthest]):
            found[farthest] = SenderDrift(int(numbers[farthest]), name, far[farthest], median(others))
    return list(found.values())


def _cells(values: NDArray[np.generic]) -> Ints:
    """The bin of each value [rows]; missing numbers have one of their own."""
    if values.dtype.kind not in "fiu":
        return np.unique(values.astype(str), return_inverse=True)[1].astype(np.int64)
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers)
    if missing.all():
        return np.zeros(len(numbers), np.int64)
    edges = np.unique(np.quantile(numbers[~missing], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(missing, len(edges) + 1, np.searchsorted(edges, numbers, side="right")).astype(np.int64)


def _index(sender: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    there = sender + others > 0
    a, b = sender[there] / sender.sum(), others[there] / others.sum()
    by_chance = (int(there.sum()) - 1) * (1 / sender.sum() + 1 / others.sum())
    a, b = np.maximum(a, _SMALLEST), np.maximum(b, _SMALLEST)
    return float(np.sum((a - b) * np.log(a / b))) - float(by_chance)
