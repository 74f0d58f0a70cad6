"""Witnesses: a few rows with the model's own answers, by which a published release is smoke-tested."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from functions.adapters.model_settings import ModelSettings
from functions.domain.contract import Feature
from functions.retrain.artifact import SCHEMA_VERSION
from functions.retrain.dataset import Dataset
from functions.retrain.onnx_model import OnnxModel, run
from functions.retrain.tensors import tensor

MOST_ROWS = 10


def witness(model: OnnxModel, settings: ModelSettings, holdout: Dataset | None) -> Mapping[str, Any]:
    """Rows spread over the hold-out (or one made up from model.toml) and each output's values for them."""
    if holdout is None:
        rows = [{feature.name: _plausible(feature) for feature in settings.contract_features}]
    else:
        index = np.unique(np.linspace(0, len(holdout) - 1, MOST_ROWS).astype(np.int64))
        rows = list(holdout.take(index).rows())
    tensors = {f.name: tensor(f, [row[f.name] for row in rows]) for f in settings.contract_features}
    outputs = {name: values.tolist() for name, values in run(model.session(), tensors).items()}
    return {"v": SCHEMA_VERSION, "rows": rows, "outputs": outputs}


def _plausible(feature: Feature) -> Any:
    """A value that the contract lets in."""
    value: Any
    if feature.categories is not None:
        value = feature.categories[0]
    elif feature.type == "string":
        value = ""
    elif feature.type == "bool":
        value = False
    else:
        low = 0 if feature.min is None else max(0, feature.min)
        number = low if feature.max is None else min(low, feature.max)
        value = int(number) if feature.type == "int64" else float(number)
    return value if feature.size is None else [value] * feature.size
