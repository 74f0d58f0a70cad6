"""Rows to learn from: columns as clients would send them, labels, and when each row happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows in the order of `time` where there is one.

    A column is float64 (NaN: null), int64, bool or str objects, of shape [rows], or [rows, k] for a feature of size k.
    `labels` holds floats (NaN: unknown) for a regression, else objects: None (unknown), bool, int or str.
    `time` is datetime64[us] in UTC.
    """

    features: tuple[Feature, ...]
    columns: Mapping[str, Column]
    labels: Column
    time: Column | None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Column | slice) -> "Dataset":
        """The rows of an index array, a mask or a slice."""
        return replace(
            self,
            columns={name: column[index] for name, column in self.columns.items()},
            labels=self.labels[index],
            time=None if self.time is None else self.time[index],
        )

    def between(self, start: datetime | None, end: datetime | None) -> "Dataset":
        """The rows with start <= time < end; None leaves that side open."""
        if self.time is None or (start is None and end is None):
            return self
        first = 0 if start is None else int(np.searchsorted(self.time, moment(start)))
        last = len(self) if end is None else int(np.searchsorted(self.time, moment(end)))
        return self.take(slice(first, last))

    def labelled(self) -> "Dataset":
        """The rows whose label is known."""
        return self.take(known_labels(self.labels))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row's features as JSON values: what a client would send."""
        names = list(self.columns)
        for values in zip(*(json_values(column) for column in self.columns.values()), strict=True):
            yield dict(zip(names, values, strict=True))


def joined(parts: Sequence[Dataset]) -> Dataset:
    """All rows of one or more parts of the same features: in the order of `time`, or as given where one has none."""
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in first.columns}
    labels = np.concatenate([part.labels for part in parts])
    times = [part.time for part in parts if part.time is not None]
    if len(times) < len(parts):
        return Dataset(first.features, columns, labels, None)
    time = np.concatenate(times)
    together = Dataset(first.features, columns, labels, time)
    if np.any(time[1:] < time[:-1]):
        return together.take(np.argsort(time, kind="stable"))
    return together


def known_labels(labels: Column) -> NDArray[np.bool_]:
    """Which labels are there."""
    if labels.dtype == object:
        return np.array([label is not None for label in labels], dtype=bool)
    return ~np.isnan(labels)


def json_values(column: Column) -> list[Any]:
    """A column's values as JSON has them: NaN becomes None."""
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f" and column.ndim == 1:
        return [None if value != value else value for value in values]
    if column.dtype.kind == "f":
        return [[None if value != value else value for value in row] for row in values]
    return values


def moment(value: datetime) -> np.datetime64:
    """A moment as a data set's `time` has it; without a zone it is UTC."""
    utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(utc, "us")


def as_datetime(value: np.datetime64) -> datetime:
    """The other way round, in UTC."""
    found: datetime = value.astype("datetime64[us]").item()
    return found.replace(tzinfo=UTC)
