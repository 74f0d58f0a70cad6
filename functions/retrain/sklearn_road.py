"""[train] estimator: fit a scikit-learn estimator and convert it to ONNX."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Feature, Task
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import ModelFolderError
from functions.retrain.float32_splits import with_float32_splits
from functions.retrain.interface import Rename, output_names, with_interface, without_zipmap
from functions.retrain.matrix import matrix

OPSETS = {"": 21, "ai.onnx.ml": 3}  # fixed, so that a newer converter does not change a model's bytes by itself
MATRIX = "X"
LONGEST_REASON = 600  # the converter prints whole models


def fit(estimator: Any, rows: Dataset, task: Task, seed: int) -> BaseEstimator:
    """Fit on what the ONNX graph will see: numbers as float32.

    One thread: sums of floats that threads share may depend on how many there are, and the model's bytes with them.

    Raises:
        ModelFolderError: the estimator refuses the data.
    """
    if not isinstance(estimator, BaseEstimator):
        raise ModelFolderError(
            f"build() returned a {type(estimator).__name__}: return an unfitted scikit-learn estimator"
        )
    states = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    estimator.set_params(**{name: seed for name in states if estimator.get_params()[name] is None})
    inputs = matrix(rows.features, client_tensors(rows.features, rows.columns))
    try:
        with threadpool_limits(limits=1):
            return estimator.fit(inputs, targets(rows.labels, task))
    except (TypeError, ValueError) as error:
        raise ModelFolderError(
            f"the estimator cannot be fitted: {error}\nIt gets one matrix; its columns are, in this order: "
            f"{', '.join(_column_names(rows.features))}"
        ) from error


def targets(labels: Column, task: Task) -> NDArray[Any]:
    """Labels as an estimator takes them; true and false as 1 and 0."""
    if task == "regression":
        return labels
    plain = np.array(labels.tolist())
    return plain.astype(np.int64) if plain.dtype.kind == "b" else plain


def convert(estimator: BaseEstimator, features: Sequence[Feature], task: Task, to_bool: bool) -> ModelProto:
    """The fitted estimator as ONNX, one input a feature, outputs label and probability, or value.

    Raises:
        ModelFolderError: a part of it has no converter.
    """
    numeric = all(feature.type != "string" for feature in features)
    width = sum(feature.size or 1 for feature in features)
    if numeric:
        inputs: dict[str, list[Feature]] = {MATRIX: list(features)}
        types = [(MATRIX, FloatTensorType([None, width]))]
    else:
        inputs = {f"{MATRIX}{index}": [feature] for index, feature in enumerate(features)}
        types = [
            (name, (StringTensorType if group[0].type == "string" else FloatTensorType)([None, group[0].size or 1]))
            for name, group in inputs.items()
        ]
    logging.getLogger("skl2onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of scikit-learn's future, which is the converter's business
            model = convert_sklearn(with_float32_splits(estimator), initial_types=types, target_opset=OPSETS)
    except Exception as error:  # the converter raises whatever it meets
        raise ModelFolderError(
            f"the estimator cannot be converted to ONNX: {type(error).__name__}: {str(error)[:LONGEST_REASON]}\n"
            "Replace the step that is named by one that sklearn-onnx converts, or give [train] export"
        ) from error
    model = without_zipmap(model)
    names = [output.name for output in model.graph.output]
    wanted = output_names(task, features)[: 2 if hasattr(estimator, "predict_proba") else 1]
    renames = [Rename(inner, name) for inner, name in zip(names, wanted, strict=False)]
    if to_bool:
        renames[0] = Rename(renames[0].inner, renames[0].name, to_bool=True)
    return with_interface(model, features, inputs, renames)


def _column_names(features: Sequence[Feature]) -> list[str]:
    return [f"{index} {feature.name}" for index, feature in enumerate(f for f in features for _ in range(f.size or 1))]
