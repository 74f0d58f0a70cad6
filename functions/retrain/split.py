"""Which rows of a folder's own data set a model learns from, and which it is measured on."""

import numpy as np

from functions.adapters.model_settings import ModelSettings
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import ModelFolderError
from functions.domain.holdout import Split, newest_share, seeded_count, split_by_seed, split_by_time

FEWEST_ROWS = 20


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

    Raises:
        ModelFolderError: what is left to learn from has fewer than two classes.
    """
    if rows.time is not None:
        parts = split_by_time([rows], newest_share(rows.time, settings.train.holdout))
    else:
        if settings.model.task != "regression":
            _check_classes(rows.labels, settings.label.name, fewest=2)
        parts = split_by_seed(rows, seeded_count(rows.labels, settings.train.holdout), settings.train.seed)
    check_classes(parts, settings)
    return parts


def check_classes(parts: Split, settings: ModelSettings) -> None:
    """See that a classifier has something to tell apart.

    Raises:
        ModelFolderError: it has not.
    """
    if settings.model.task != "regression":
        _check_classes(parts.fit.labels, settings.label.name, fewest=1)


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
