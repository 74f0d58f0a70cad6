"""From what a client sends to the model's input tensors, and from those to the estimator's matrix."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.retrain.dataset import Column, json_values

Tensors = Mapping[str, NDArray[Any]]

DTYPES: Mapping[str, Any] = {"float32": np.float32, "int64": np.int64, "bool": np.bool_, "string": object}


def client_tensors(features: Sequence[Feature], columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    """The input tensors ([rows, 1] or [rows, k]) after a trip through JSON, as `predict` makes them of a request."""
    return {f.name: tensor(f, json.loads(json.dumps(json_values(columns[f.name])))) for f in features}


def tensor(feature: Feature, values: Sequence[Any]) -> NDArray[Any]:
    """JSON values as an input tensor: null is NaN in a float32 (no string is null: dataset.py made it "")."""
    dtype = DTYPES[feature.type]
    wide = np.array(values, dtype=np.float64 if dtype is np.float32 else dtype)
    return wide.astype(dtype).reshape(-1, feature.size or 1)


def matrix(features: Sequence[Feature], tensors: Tensors) -> NDArray[Any]:
    """What an estimator sees: [rows, columns] in the order of model.toml, numbers rounded to float32.

    float32 where all features are numbers; where one is a string, objects (str, and float for each number).
    """
    parts = [tensors[f.name] for f in features]
    if not any(f.type == "string" for f in features):
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)
    wide = [part if part.dtype == object else part.astype(np.float32).astype(np.float64) for part in parts]
    return np.concatenate([part.astype(object) for part in wide], axis=1)
