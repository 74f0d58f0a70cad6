"""What an estimator sees of a model's input tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.client_tensors import Tensors
from functions.domain.contract import Feature


def matrix(features: Sequence[Feature], tensors: Tensors) -> NDArray[Any]:
    """[rows, columns] in the order of model.toml, numbers rounded to float32.

    float32 where all features are numbers; where one is a string, objects (str, and float for each number).
    """
    parts = [tensors[f.name] for f in features]
    if not any(f.type == "string" for f in features):
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)
    wide = [part if part.dtype == object else part.astype(np.float32).astype(np.float64) for part in parts]
    return np.concatenate([part.astype(object) for part in wide], axis=1)
