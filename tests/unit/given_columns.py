"""Data sets of one feature `x` and a label `y`, given by a test instead of a dataset.py."""

from pathlib import Path
from typing import Any

import numpy as np

from functions.adapters.model_folder import FolderCode, parse_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.dataset import Dataset
from functions.retrain.dataset import load_dataset
from tests.unit.folders import settings_document

HOURS = np.datetime64("2013-01-01T00:00") + np.arange(100) * np.timedelta64(1, "h")


class Given(FolderCode):
    """A folder whose dataset.load() gives what the test says."""

    def __init__(self, columns: Any) -> None:
        super().__init__(Path("models/small"))
        self._columns = columns

    def call(self, reference: str, *arguments: Any) -> Any:
        assert (reference, arguments) == ("dataset:load", ())
        return self._columns


def settings(feature: dict[str, Any], task: str = "binary", **tables: Any) -> ModelSettings:
    label = {"name": "y", "positive": True} if task == "binary" else {"name": "y"}
    model = {"name": "small", "task": task}
    return parse_settings(settings_document(model=model, features={"x": feature}, label=label, **tables), "model.toml")


def load(feature: dict[str, Any], values: Any, labels: Any = None, task: str = "binary", **more: Any) -> Dataset:
    labels = [True] * len(values) if labels is None else labels
    return load_dataset(Given({"x": values, "y": labels, **more}), settings(feature, task))
