"""CSV files made of columns, and the folders that `trimtab new` makes of them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from functions.adapters.model_folder import load_settings
from functions.adapters.model_settings import ModelSettings
from functions.retrain.train import TrainingResult, train
from trimtab.scaffold import new

ROWS = 60


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def made(root: Path, columns: dict[str, Sequence[Any]], label: str = "y") -> tuple[ModelSettings, list[str]]:
    """The settings of a folder made from columns, and what was reported."""
    path = write_csv(root / "given.csv", list(columns), zip(*columns.values(), strict=True))
    notes: list[str] = []
    return load_settings(new("small", path, label, root / "models", notes.append)), notes


def trained(folder: Path) -> TrainingResult:
    return train(folder, folder.parent.parent / "artifact", lambda line: None)


def cycle(*values: Any) -> list[Any]:
    return [values[row % len(values)] for row in range(ROWS)]


NUMBERS = [round(float(value), 3) for value in np.random.default_rng(0).normal(size=ROWS)]
YES_NO = cycle("yes", "no", "no")
