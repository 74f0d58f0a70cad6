"""From what a client sends to the model's input tensors, for whole data sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.domain.dataset import Column

Tensors = Mapping[str, NDArray[Any]]

DTYPES: Mapping[str, Any] = {"float32": np.float32, "int64": np.int64, "bool": np.bool_, "string": object}


def client_tensors(features: Sequence[Feature], columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    """The input tensors ([rows, 1] or [rows, k]) as `predict` makes them of a request with these values.

    A double goes through JSON unchanged, so the columns are rounded to the tensors' types at once.
    """
    with np.errstate(over="ignore"):
        return {f.name: columns[f.name].astype(DTYPES[f.type]).reshape(-1, f.size or 1) for f in features}


def tensor(feature: Feature, values: Sequence[Any]) -> NDArray[Any]:
    """JSON values as an input tensor: null is NaN in a float32 (no string is null: dataset.py made it "")."""
    dtype = DTYPES[feature.type]
    wide = np.array(values, dtype=np.float64 if dtype is np.float32 else dtype)
    return wide.astype(dtype).reshape(-1, feature.size or 1)
