"""Digests of columns: of the training data, frozen with a model version, or of a first window of the log."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.reference import CategoryDigest, NumberDigest
from functions.domain.significant import significant

BINS = 10
MOST_DISTINCT = 20  # up to so many distinct numbers each has a bin of its own
MOST_CATEGORIES = 200  # the most frequent; the others are counted together
QUANTILES = 201
DIGITS = 9  # sums differ in the last ones from one processor to another


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Values of a column on the hold-out, and the loss of the row that each belongs to."""

    values: NDArray[Any] | Sequence[str | None]
    losses: NDArray[np.float64]


def number_digest(values: NDArray[Any], held_out: HeldOut | None = None) -> NumberDigest:
    """Digest of numbers of any shape; NaN is missing."""
    flat = values.reshape(-1).astype(np.float64)
    present = np.sort(flat[~np.isnan(flat)])
    missing = len(flat) - len(present)
    if len(present) == 0:
        return NumberDigest(len(flat), missing, None, None, None, None, 0, (), (0,))
    edges = _edges(present)
    losses, missing_loss = _losses_by_bin(edges, held_out) if held_out is not None else ((), None)
    return NumberDigest(
        count=len(flat),
        missing=missing,
        mean=significant(float(present.mean()), DIGITS),
        std=significant(float(present.std()), DIGITS),
        min=float(present[0]),
        max=float(present[-1]),
        zeros=int((present == 0).sum()),
        edges=tuple(edges.tolist()),
        counts=tuple(np.diff([0, *np.searchsorted(present, edges), len(present)]).tolist()),
        quantiles=tuple(_quantiles(present, np.arange(QUANTILES) / (QUANTILES - 1)).tolist()),
        losses=losses,
        missing_loss=missing_loss,
        ties=_ties(present, edges),
    )


def category_digest(values: Iterable[str | None], held_out: HeldOut | None = None) -> CategoryDigest:
    """Digest of texts; None is missing."""
    counted = Counter(values)
    count, missing = counted.total(), counted.pop(None, 0)
    ranked = sorted(((str(value), number) for value, number in counted.items()), key=lambda item: (-item[1], item[0]))
    categories = dict(ranked[:MOST_CATEGORIES])
    losses = _losses_by_category(categories, held_out) if held_out is not None else {}
    return CategoryDigest(
        count=count,
        missing=missing,
        categories=categories,
        other=sum(number for _, number in ranked[MOST_CATEGORIES:]),
        losses={str(name): loss for name, loss in losses.items() if name in categories},
        missing_loss=losses.get(_MISSING),
        other_loss=losses.get(_OTHER),
    )


_MISSING, _OTHER = object(), object()


def _edges(present: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner edges of a bin a value where these are few, else of bins that hold about a tenth of the values each.

    A smallest value that is as frequent as that (no rain) has a bin of its own, even if all others share one.
    """
    first = np.flatnonzero(np.diff(present, prepend=-np.inf))
    if len(first) <= MOST_DISTINCT:
        return present[first[1:]]
    deciles = _quantiles(present, np.arange(1, BINS) / BINS)
    above = deciles[deciles > present[0]]
    return np.unique(above if len(above) == len(deciles) else [present[first[1]], *above])


def _ties(present: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[int, ...]:
    """How many of the sorted values are the smallest of their bin."""
    starts = np.concatenate([present[:1], edges])
    return tuple((np.searchsorted(present, starts, side="right") - np.searchsorted(present, starts)).tolist())


def _quantiles(present: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of sorted values: inverted CDF, so that each is a value of the sample (Hyndman and Fan 1996, definition 1)."""
    place = np.ceil(shares * len(present) - 1e-9).astype(np.int64) - 1
    return present[np.maximum(place, 0)]


def _losses_by_bin(edges: NDArray[np.float64], held_out: HeldOut) -> tuple[tuple[float | None, ...], float | None]:
    """Mean loss in each bin, and of missing values; None where the hold-out has no such row."""
    values = np.asarray(held_out.values, dtype=np.float64)
    width = values.size // max(len(values), 1)
    flat, losses = values.reshape(-1), np.repeat(held_out.losses, width)
    missing = len(edges) + 1
    place = np.where(np.isnan(flat), missing, np.searchsorted(edges, flat, side="right"))
    counts = np.bincount(place, minlength=missing + 1)
    sums = np.bincount(place, weights=losses, minlength=missing + 1)
    means = [significant(total / count, DIGITS) if count else None for total, count in zip(sums, counts, strict=True)]
    return tuple(means[:-1]), means[-1]


def _losses_by_category(categories: Mapping[str, int], held_out: HeldOut) -> dict[object, float]:
    """Mean loss by category, of missing values and of all others, as far as the hold-out has such rows."""
    parted: dict[object, list[float]] = {}
    for value, loss in zip(held_out.values, held_out.losses.tolist(), strict=True):
        key = _MISSING if value is None else value if value in categories else _OTHER
        parted.setdefault(key, []).append(loss)
    means = {key: significant(float(np.mean(losses)), DIGITS) for key, losses in parted.items()}
    return {key: mean for key, mean in means.items() if mean is not None}
