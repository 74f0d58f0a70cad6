"""A model's own data set, as its folder's dataset.py gives it, checked against model.toml."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import TIME, ModelSettings
from functions.domain.contract import Feature, Task
from functions.domain.dataset import Column, Dataset, moment
from functions.domain.errors import ModelFolderError

LOADER = "dataset:load"
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


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


def load_golden(code: FolderCode, settings: ModelSettings) -> Dataset:
    """The golden set that the function of [gate] golden gives, checked as the data set is.

    Raises:
        ModelFolderError: it is no mapping of columns, has no labelled row, or a column is wrong.
    """
    reference = str(settings.gate.golden)
    loaded = code.call(reference)
    if not isinstance(loaded, Mapping):
        raise ModelFolderError(f"{reference} gave a {type(loaded).__name__}: return a mapping of column to values")
    rows = as_dataset(loaded, settings, f"[gate] golden {reference}").labelled()
    if not len(rows):
        raise ModelFolderError(f"[gate] golden {reference} gave no labelled row: give some, or remove golden")
    return rows


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
        time = np.array([moment(value) for value in time])
    if time.dtype.kind != "M" or np.isnat(time).any():
        raise ModelFolderError(
            f"{source}: column {TIME!r} is when a row happened: give datetime64 in UTC, none missing"
        )
    return time.astype("datetime64[us]")
