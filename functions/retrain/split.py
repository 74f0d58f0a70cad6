"""Which rows a model learns from, and which it is measured on."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from functions.adapters.model_settings import ModelSettings
from functions.domain.errors import ModelFolderError
from functions.retrain.dataset import Column, Dataset

FEWEST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Split:
    """The training set, cut in two: `fit` to learn from, `holdout` to be measured on."""

    fit: Dataset
    holdout: Dataset


def training_set(dataset: Dataset, settings: ModelSettings) -> Dataset:
    """The labelled rows before `[train] until`.

    Raises:
        ModelFolderError: there are too few, or `until` is given and the data set has no time.
    """
    end = settings.train.end
    if end is not None and dataset.time is None:
        raise ModelFolderError(
            "[train] until is given, but dataset.py gives no column `time`: remove until, or add time"
        )
    rows = dataset.between(None, end).labelled()
    if len(rows) < FEWEST_ROWS:
        until = f" before {end:%Y-%m-%dT%H:%M:%SZ}" if end else ""
        raise ModelFolderError(
            f"the data set has {len(rows)} labelled rows{until}: {FEWEST_ROWS} are the fewest to learn from"
        )
    return rows


def split(rows: Dataset, settings: ModelSettings) -> Split:
    """Hold out the newest rows when they have a time, else a seeded share with each class in proportion.

    Rows of one moment are not parted: the hold-out begins at a moment, and everything from then on is in it.

    Raises:
        ModelFolderError: what is left to learn from has fewer than two classes.
    """
    share, classifies = settings.train.holdout, settings.model.task != "regression"
    if rows.time is not None:
        cut = np.searchsorted(rows.time, rows.time[int(len(rows) * (1 - share))])
        cut = cut if cut > 0 else np.searchsorted(rows.time, rows.time[0], side="right")
        parts = Split(rows.take(slice(0, int(cut))), rows.take(slice(int(cut), len(rows))))
    else:
        if classifies:
            _check_classes(rows.labels, settings.label.name, fewest=2)
        fit, holdout = train_test_split(
            np.arange(len(rows)),
            test_size=max(share, _classes(rows.labels) / len(rows)) if classifies else share,
            random_state=settings.train.seed,
            stratify=rows.labels.astype(str) if classifies else None,
        )
        parts = Split(rows.take(np.sort(fit)), rows.take(np.sort(holdout)))
    if classifies:
        _check_classes(parts.fit.labels, settings.label.name, fewest=1)
    if len(parts.holdout) == 0:
        raise ModelFolderError("all rows have the same `time`, so no newest part can be held out: leave `time` out")
    return parts


def _classes(labels: Column) -> int:
    return len(set(labels.tolist()))


def _check_classes(labels: Column, name: str, fewest: int) -> None:
    classes, counts = np.unique(labels.astype(str), return_counts=True)
    if len(classes) < 2:
        only = classes[0] if len(classes) else "none"
        raise ModelFolderError(
            f"label {name!r} has one class in the rows to learn from ({only}): two are needed to tell apart"
        )
    if counts.min() < fewest:
        rare = str(classes[counts.argmin()])
        raise ModelFolderError(
            f"class {rare!r} of label {name!r} has one row: give it more, or leave it out in dataset.py"
        )
