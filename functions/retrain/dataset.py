"""A model's data set: columns as clients would send them, labels, and when each row happened."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import TIME, ModelSettings
from functions.domain.contract import Feature, Task
from functions.domain.errors import ModelFolderError

LOADER = "dataset:load"
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)

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
        first = 0 if start is None else int(np.searchsorted(self.time, _moment(start)))
        last = len(self) if end is None else int(np.searchsorted(self.time, _moment(end)))
        return self.take(slice(first, last))

    def labelled(self) -> "Dataset":
        """The rows whose label is known."""
        return self.take(known_labels(self.labels))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row's features as JSON values: what a client would send."""
        names = list(self.columns)
        for values in zip(*(json_values(column) for column in self.columns.values()), strict=True):
            yield dict(zip(names, values, strict=True))


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


def load_dataset(code: FolderCode, settings: ModelSettings) -> Dataset:
    """Call the folder's `dataset.load()` and check what it gives against model.toml, in the order of `time`.

    Raises:
        ModelFolderError: a column is missing, of another length or type, or null where model.toml allows none.
    """
    loaded = code.call(LOADER)
    if not isinstance(loaded, Mapping):
        raise ModelFolderError(
            f"dataset.py: load() gave a {type(loaded).__name__}: return a mapping of column to values"
        )
    return as_dataset(loaded, settings)


def as_dataset(loaded: Mapping[str, Any], settings: ModelSettings, source: str = "dataset.py") -> Dataset:
    """Columns by name, checked against model.toml, in the order of `time`; `source` is the file that errors name.

    Raises:
        ModelFolderError: a column is missing, of another length or type, or null where model.toml allows none.
    """
    features = settings.contract_features
    wanted = [feature.name for feature in features] + [settings.label.name]
    missing = [name for name in wanted if name not in loaded]
    if missing:
        raise ModelFolderError(
            f"dataset.py: load() gave no column {missing[0]!r}; it gave {', '.join(map(str, loaded))}"
        )
    columns = {feature.name: _column(feature, loaded[feature.name], source) for feature in features}
    labels = _labels(settings.label.name, settings.model.task, loaded[settings.label.name], source)
    has_time = TIME in loaded and TIME not in wanted
    time = _time(loaded[TIME], source) if has_time else None
    lengths = {name: len(column) for name, column in columns.items()} | {settings.label.name: len(labels)}
    if time is not None:
        lengths[TIME] = len(time)
    if len(set(lengths.values())) != 1:
        raise ModelFolderError(f"dataset.py: load() gave columns of unlike lengths: {lengths}")
    dataset = Dataset(features, columns, labels, time)
    if time is not None and np.any(time[1:] < time[:-1]):
        return dataset.take(np.argsort(time, kind="stable"))
    return dataset


def _column(feature: Feature, values: Any, source: str) -> Column:
    reader = {"float32": _floats, "int64": _integers, "bool": _bools, "string": _strings}[feature.type]
    try:
        column, missing = reader(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelFolderError(
            f"{source}: column {feature.name!r} is no {feature.type}: {error}: "
            "mend the column, or the type in model.toml"
        ) from None
    shape = column.shape[1:]
    if shape != (() if feature.size is None else (feature.size,)):
        raise ModelFolderError(
            f"{source}: column {feature.name!r} has {shape or 'single'} values a row; model.toml says "
            f"size = {feature.size or 'none'}"
        )
    if missing and not feature.nullable:
        raise ModelFolderError(
            f"{source}: column {feature.name!r} has {missing:,} nulls, but [features.{feature.name}] is not "
            f"nullable: set nullable = true, or fill them in {source}"
        )
    return column


def _floats(values: Any) -> tuple[Column, int]:
    if isinstance(values, np.ma.MaskedArray):
        column = np.where(np.ma.getmaskarray(values), np.nan, np.ma.getdata(values).astype(np.float64))
    else:
        column = np.array(values, dtype=np.float64)  # None becomes NaN
    with np.errstate(invalid="ignore"):
        if np.any(np.abs(column) > LARGEST_FLOAT32):
            raise ValueError("it holds an infinity, or a number beyond ±3.4e38")
    return column, int(np.isnan(column).sum())


def _integers(values: Any) -> tuple[Column, int]:
    column = np.asarray(_unmasked(values))
    if column.dtype.kind == "O":
        if any(value is None or isinstance(value, float) for value in column.flat):
            raise ValueError("it holds nulls or fractions")
        column = np.array(column.tolist())
    whole: Column = column.astype(np.int64)
    if column.dtype.kind not in "iufb" or np.any(whole != column):
        raise ValueError("it holds nulls, fractions or numbers beyond 64 bits")
    return whole, 0


def _bools(values: Any) -> tuple[Column, int]:
    column = np.asarray(_unmasked(values))
    if column.dtype.kind == "O" and all(isinstance(value, bool | np.bool_) for value in column.flat):
        column = column.astype(bool)
    if column.dtype.kind != "b":
        raise ValueError("it holds something else than true and false")
    return column, 0


def _strings(values: Any) -> tuple[Column, int]:
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    column = np.array(np.ma.getdata(values) if mask is not None else values, dtype=object)
    null = np.array([value is None or value != value for value in column.flat], dtype=bool).reshape(column.shape)
    if mask is not None:
        null |= mask
    column[null] = ""
    odd = next((value for value in column.flat if not isinstance(value, str)), None)
    if odd is not None:
        raise ValueError(f"it holds {odd!r}")
    return column, int(null.sum())


def _unmasked(values: Any) -> Any:
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.getmaskarray(values).any():
            raise ValueError("it holds nulls")
        return np.ma.getdata(values)
    return values


def _labels(name: str, task: Task, values: Any, source: str) -> Column:
    if task == "regression":
        try:
            return _floats(values)[0]
        except (TypeError, ValueError) as error:
            raise ModelFolderError(
                f"{source}: label {name!r} is not numeric, and the task is regression: {error}"
            ) from None
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), dtype=bool)
    plain = np.ma.getdata(values).tolist() if isinstance(values, np.ndarray) else list(values)
    labels = np.empty(len(plain), dtype=object)
    labels[:] = [_class(name, value, bool(null), source) for value, null in zip(plain, mask, strict=True)]
    kinds = {type(label).__name__ for label in labels if label is not None}
    if len(kinds) > 1:
        raise ModelFolderError(f"{source}: label {name!r} mixes {' and '.join(sorted(kinds))}: use one type")
    return labels


def _class(name: str, value: Any, null: bool, source: str) -> bool | int | str | None:
    if null or value is None or value != value:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool | int | str):
        return value
    raise ModelFolderError(f"{source}: label {name!r} holds {value!r}: a class is a bool, an int or a str")


def _time(values: Any, source: str) -> Column:
    time = np.asarray(values)
    if time.dtype.kind == "O" and all(isinstance(value, datetime) for value in time):
        time = np.array([_moment(value) for value in time])
    if time.dtype.kind != "M" or np.isnat(time).any():
        raise ModelFolderError(
            f"{source}: column {TIME!r} is when a row happened: give datetime64 in UTC, none missing"
        )
    return time.astype("datetime64[us]")


def _moment(value: datetime) -> np.datetime64:
    utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(utc, "us")


Progress = Callable[[str], None]
