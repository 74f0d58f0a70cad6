"""Rows that set a conversion to where answers change: copies of hold-out rows, each with something special."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.model_settings import ModelSettings
from functions.domain.contract import Feature
from functions.domain.dataset import Column, Dataset
from functions.domain.parity_rows import ALL_SPLITS, CATEGORY, MISSING, SPLIT, UNKNOWN, compared

MOST_SPLIT_ROWS = 30_000  # beyond, an even choice of the split values
UNKNOWN_CATEGORY = "\u00bfunknown?"  # no one's category


def edge_rows(
    holdout: Dataset, settings: ModelSettings, splits: Mapping[tuple[str, int], NDArray[np.float64]]
) -> tuple[Dataset, tuple[str, ...]]:
    """Copies with one feature (or all numbers) at split values, each category, or null; and the kind of each of them.

    Only rows that the contract lets in are made: nothing out of a feature's range where that is rejected. They have no
    labels, and no time.
    """
    rows = _Rows(compared(holdout))
    features = {feature.name: feature for feature in holdout.features}
    candidates = {
        key: _neighbours(features[key[0]], thresholds, settings.guard.out_of_range == "reject")
        for key, thresholds in splits.items()
    }
    total = sum(len(values) for values in candidates.values())
    thin = max(1, -(-total // (MOST_SPLIT_ROWS // 2)))
    for (name, element), values in candidates.items():
        rows.add_set(f"{SPLIT} {name}", name, element, values[::thin])
    rows.add_all_set(candidates, settings.train.seed, min(total, MOST_SPLIT_ROWS // 2))
    for feature in holdout.features:
        open_ended = feature.categories is None or settings.guard.unknown_category == "flag"
        if feature.type == "string" and open_ended:
            rows.add_filled(f"{UNKNOWN} {feature.name}", feature.name, UNKNOWN_CATEGORY)
        if feature.categories is not None and feature.size is None:
            rows.add_set(f"{CATEGORY} {feature.name}", feature.name, 0, np.array(feature.categories, dtype=object))
        if feature.nullable:
            rows.add_filled(f"{MISSING} {feature.name}", feature.name, "" if feature.type == "string" else np.nan)
    return rows.done()


def _neighbours(feature: Feature, thresholds: NDArray[np.float64], inside_only: bool) -> NDArray[np.float64]:
    """Each threshold as a client could send it, with the next value on either side."""
    if feature.type == "bool":
        return np.zeros(0)
    if feature.type == "int64":
        values = np.concatenate([np.floor(thresholds), np.ceil(thresholds)])
        values = values[np.abs(values) < 2.0**53]
    else:
        with np.errstate(over="ignore"):
            middle = thresholds.astype(np.float32)
            around = [np.nextafter(middle, np.float32(-np.inf)), middle, np.nextafter(middle, np.float32(np.inf))]
        values = np.concatenate(around).astype(np.float64)
        values = values[np.isfinite(values)]
    if inside_only:
        low = -np.inf if feature.min is None else feature.min
        high = np.inf if feature.max is None else feature.max
        values = values[(values >= low) & (values <= high)]
    if feature.categories is not None:
        values = values[np.isin(values, np.array(feature.categories, dtype=np.float64))]
    return np.unique(values)


class _Rows:
    """Collects changed copies of base rows, taking the base rows in turn."""

    def __init__(self, base: Dataset) -> None:
        self._base = base
        self._parts: list[Mapping[str, Column]] = [base.take(slice(0, 0)).columns]
        self._kinds: list[str] = []
        self._turn = 0

    def _copies(self, count: int, kind: str) -> dict[str, Column]:
        index = (self._turn + np.arange(count)) % len(self._base)
        self._turn += count
        columns = {name: column[index] for name, column in self._base.columns.items()}
        self._parts.append(columns)
        self._kinds.extend([kind] * count)
        return columns

    def add_set(self, kind: str, name: str, element: int, values: NDArray[Any]) -> None:
        """One copy a value."""
        column = self._copies(len(values), kind)[name]
        (column if column.ndim == 1 else column[:, element])[:] = values

    def add_all_set(self, candidates: Mapping[tuple[str, int], NDArray[np.float64]], seed: int, count: int) -> None:
        """Copies in which each number stands at a split value of its own, chosen by `seed`."""
        columns = self._copies(count, ALL_SPLITS)
        chance = np.random.default_rng(seed)
        for (name, element), values in candidates.items():
            if len(values):
                column = columns[name]
                (column if column.ndim == 1 else column[:, element])[:] = chance.choice(values, count)

    def add_filled(self, kind: str, name: str, value: float | str) -> None:
        """A hundred copies with the same value."""
        self._copies(min(100, len(self._base)), kind)[name][:] = value

    def done(self) -> tuple[Dataset, tuple[str, ...]]:
        columns = {name: np.concatenate([part[name] for part in self._parts]) for name in self._base.columns}
        unknown = np.full(len(self._kinds), None, dtype=object)
        return Dataset(self._base.features, columns, unknown, None), tuple(self._kinds)
