"""A history to live through: rows with the time at which each happened, cut into what trains and what is replayed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from functions.adapters.csv_file import Table, is_null, read_table, typed_columns
from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import TIME, ModelSettings
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import InvalidRequestError, ModelFolderError
from functions.retrain.dataset import as_dataset, load_dataset
from trimtab.column_types import column_type
from trimtab.scaffold_plan import time_column

LABEL_KINDS: Mapping[type, str] = {bool: "bool", int: "float32", str: "string"}  # 1.0 is the class 1


@dataclass(frozen=True, slots=True)
class History:
    """`first` are the rows that train; it ends before `replayed` begins.

    `own_training` is the same, or None where the folder trains as it stands.
    """

    replayed: Dataset
    first: Dataset
    own_training: Dataset | None

    @property
    def times(self) -> Column:
        """When each replayed row happened: datetime64[us] in UTC, ascending."""
        return _times_of(self.replayed)


def folder_history(folder: Path, settings: ModelSettings, share: float, until: datetime | None) -> History:
    """The folder's own data set: from [train] until on it is replayed, or without one all but the first `share`.

    Raises:
        ModelFolderError: the data set has no times, or is not what model.toml says.
        InvalidRequestError: nothing is left to replay.
    """
    dataset = load_dataset(FolderCode(folder), settings)
    if settings.train.end is None:
        return _by_share(dataset, share, until)
    _times_of(dataset)
    first = dataset.between(None, settings.train.end)
    return _checked(History(dataset.between(settings.train.end, until), first, None), until)


def file_history(
    path: Path, settings: ModelSettings, time: str | None, share: float, until: datetime | None
) -> History:
    """A CSV file with the model's features and its label, in any order; the first `share` of its rows trains.

    `time` is the column that says when a row happened; by default the one that `trimtab new` would take.

    Raises:
        ModelFolderError: a column is missing, or a value is not what model.toml says; its text names the line.
        InvalidRequestError: nothing is left to replay.
    """
    table = read_table(path)
    vector = next((f.name for f in settings.contract_features if f.size is not None), None)
    if vector is not None:
        raise ModelFolderError(f"feature {vector!r} is a vector, which a CSV file has no column for")
    features = typed_columns(table, {feature.name: feature.type for feature in settings.contract_features})
    label = typed_columns(table, {settings.label.name: _label_kind(table, settings)})
    columns = {**features, **label, TIME: _times(table, settings.label.name, time)}
    return _by_share(as_dataset(columns, settings, path.name), share, until)


def _by_share(dataset: Dataset, share: float, until: datetime | None) -> History:
    """Cut where the first `share` of the rows ends, or a little before: rows of one moment are not parted."""
    times = _times_of(dataset)
    cut = int(np.searchsorted(times, times[min(int(len(times) * share), len(times) - 1)]))
    first = dataset.take(slice(0, cut))
    return _checked(History(dataset.take(slice(cut, None)).between(None, until), first, first), until)


def _checked(history: History, until: datetime | None) -> History:
    if len(history.replayed) == 0:
        before = f" before {until:%Y-%m-%d}" if until else ""
        raise InvalidRequestError(f"the history has no row{before} that is not learnt from: nothing to replay")
    if history.own_training is not None and len(history.own_training) == 0:
        raise InvalidRequestError("the history has no row before the first replayed one: give a larger --train-share")
    return history


def _times_of(dataset: Dataset) -> Column:
    if dataset.time is None or len(dataset) == 0:
        raise ModelFolderError(
            f"dataset.py gives no column {TIME!r}: a replay needs to know when each row happened; "
            "add it, or give a file with --from and --time"
        )
    return dataset.time


def _label_kind(table: Table, settings: ModelSettings) -> str:
    """How the label's column is read: as [label] positive is written, or as `trimtab new` would."""
    if settings.model.task == "regression":
        return "float32"
    if settings.label.positive is not None:
        return LABEL_KINDS[type(settings.label.positive)]
    if settings.label.name not in table.columns:
        return "string"  # reading it says that it is not there
    kind = column_type(table, settings.label.name, is_label=True).kind
    return kind if kind in ("bool", "string") else "float32"


def _times(table: Table, label: str, asked: str | None) -> Column:
    column = time_column(table, label) if asked is None else asked
    if column is None:
        raise ModelFolderError(f"{table.name} has no column that is a time in every row: name one with --time")
    if column not in table.columns:
        raise ModelFolderError(f"{table.name} has no column {column!r}; it has {', '.join(table.columns)}")
    empty = next((line for cell, line in zip(table.columns[column], table.lines, strict=True) if is_null(cell)), None)
    if empty is not None:
        raise ModelFolderError(f"{table.name} line {empty}: column {column!r} is empty: every row needs its time")
    about = column_type(table, column)
    if not about.is_time:
        raise ModelFolderError(
            f"{table.name}: column {column!r} is {about.kind}, no time: write 2013-03-01T12:00:00, or seconds or "
            "milliseconds since 1970 under a name with `time` in it"
        )
    return typed_columns(table, {column: about.kind})[column]
