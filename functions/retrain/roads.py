"""The three roads to an ONNX model: a scikit-learn estimator, another framework's export, a ready-made file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.base import BaseEstimator

from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import ModelSettings
from functions.domain.answers import Answers
from functions.domain.client_tensors import Tensors, client_tensors
from functions.domain.contract import Class, Feature, Task
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import ModelFolderError
from functions.retrain import sklearn_road
from functions.retrain.canonical import canonical, to_bytes
from functions.retrain.graph import check_inputs, graph_classes
from functions.retrain.imported import imported_artifact
from functions.retrain.interface import Rename, with_interface, without_zipmap
from functions.retrain.matrix import matrix
from functions.retrain.progress import Progress


@dataclass(frozen=True, slots=True)
class Original:
    """The framework's own model, which the ONNX model must equal.

    `scores` gives probabilities [rows, classes] or values [rows]; None where it has none. `labels` gives classes
    [rows]; None where only scores are to be compared.
    """

    scores: Callable[[Tensors], NDArray[Any]] | None
    labels: Callable[[Tensors], NDArray[Any]] | None
    estimator: BaseEstimator | None = None

    def answers(self, tensors: Tensors) -> Answers:
        """What it answers; one column of scores for a binary model is the second class's."""
        scores = None
        if self.scores is not None:
            scores = np.asarray(self.scores(tensors), dtype=np.float64)
            scores = scores.reshape(len(scores), -1)
        return Answers(scores, None if self.labels is None else self.labels(tensors))


@dataclass(frozen=True, slots=True)
class Trained:
    """What a road leads to: the model as ONNX, in bytes and as the graph that they are, and the classes as known here.

    `original` is None where there is nothing to compare with.
    """

    data: bytes
    graph: ModelProto
    classes: tuple[Class, ...] | None
    original: Original | None


def by_estimator(code: FolderCode, settings: ModelSettings, rows: Dataset, report: Progress) -> Trained:
    """[train] estimator: fit on `rows` and convert."""
    task = settings.model.task
    report(f"fitting {settings.train.estimator} on {len(rows):,} rows")
    estimator: Any = code.call(str(settings.train.estimator))
    estimator = sklearn_road.fit(estimator, rows, task, settings.train.seed)
    report("converting to ONNX")
    to_bool = task != "regression" and isinstance(rows.labels[0], bool)
    model = sklearn_road.convert(estimator, rows.features, task, to_bool)
    classes = None
    if task != "regression":
        classes = tuple(bool(c) if to_bool else c for c in estimator.classes_.tolist())

    def of(function: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[Tensors], NDArray[Any]]:
        return lambda tensors: function(matrix(rows.features, tensors))

    if task == "regression":
        original = Original(of(estimator.predict), None, estimator)
    else:
        scores = of(estimator.predict_proba) if hasattr(estimator, "predict_proba") else None
        labels = of(lambda inputs: estimator.predict(inputs).astype(bool) if to_bool else estimator.predict(inputs))
        original = Original(scores, labels, estimator)
    return Trained(to_bytes(model), model, classes, original)


def by_export(code: FolderCode, settings: ModelSettings, rows: Dataset, report: Progress) -> Trained:
    """[train] export: the folder's own function fits and returns ONNX, alone or with a function that predicts.

    Raises:
        ModelFolderError: it returned something else, or its model does not fit the features.
    """
    reference = str(settings.train.export)
    report(f"calling {reference} on {len(rows):,} rows")
    columns = _plain(rows.features, client_tensors(rows.features, rows.columns))
    targets = sklearn_road.targets(rows.labels, settings.model.task)
    returned = code.call(reference, columns, targets, settings.train.seed)
    exported, predict = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, None)
    if isinstance(exported, bytes):
        exported = _parse(exported, reference)
    if not isinstance(exported, ModelProto) or not (predict is None or callable(predict)):
        raise ModelFolderError(
            f"{reference} returned {type(returned).__name__}: "
            "return an ONNX ModelProto or its bytes, or (model, predict)"
        )
    known = _known_classes(settings.model.task, targets)
    model = canonical(_fitted_to(without_zipmap(exported), rows.features, reference, report))
    classes = graph_classes(exported) or known
    original = None
    if predict is not None:
        original = Original(lambda tensors: np.asarray(predict(_plain(rows.features, tensors))), None)
    return Trained(to_bytes(model), model, classes, original)


def ready_made(folder: Path, settings: ModelSettings, rows: Dataset | None, report: Progress) -> Trained:
    """[train] onnx: take the folder's file; its bytes stay as they are, if its inputs are the features.

    Raises:
        ModelFolderError: no such file, no ONNX, or it does not fit the features.
        CorruptArtifactError: a file that it was imported with was changed.
    """
    name = str(settings.train.onnx)
    report(f"reading {name}")
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise ModelFolderError(f"[train] onnx: cannot read {folder.name}/{name}: {error.strerror}") from None
    model = _parse(data, name)
    features, task = settings.contract_features, settings.model.task
    fitted = _fitted_to(without_zipmap(model), features, name, report)
    known = _known_classes(task, sklearn_road.targets(rows.labels, task)) if rows is not None else None
    data = data if fitted is model else to_bytes(fitted)
    imported = imported_artifact(folder, settings)
    classes = imported.contract.classes if imported else graph_classes(model) or known
    return Trained(data, fitted, classes, None)


def _parse(data: bytes, name: str) -> ModelProto:
    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's and onnx's errors share no base
        raise ModelFolderError(f"{name} is no valid ONNX model: {error}") from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise ModelFolderError(
            f"{name} keeps weights in another file: save it as one file (save_as_external_data=False)"
        )
    return model


def _fitted_to(model: ModelProto, features: Sequence[Feature], name: str, report: Progress) -> ModelProto:
    """The model with the features as inputs: itself, or behind them where it takes them all as one float matrix."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    width = sum(feature.size or 1 for feature in features)
    if len(inputs) == 1 and inputs[0].name not in {f.name for f in features} and _is_matrix(inputs[0], features, width):
        report(f"{name} takes one matrix: its {width} columns are the features in the order of model.toml")
        taken = {f.name for f in features}
        outputs = [Rename(o.name, f"predicted_{o.name}" if o.name in taken else o.name) for o in model.graph.output]
        return with_interface(model, features, {inputs[0].name: features}, outputs)
    check_inputs(model, features)
    return model


def _is_matrix(value: onnx.ValueInfoProto, features: Sequence[Feature], width: int) -> bool:
    tensor = value.type.tensor_type
    dims = [dim.dim_value for dim in tensor.shape.dim]
    numeric = all(feature.type != "string" for feature in features)
    return bool(numeric and tensor.elem_type == onnx.TensorProto.FLOAT and len(dims) == 2 and dims[1] in (0, width))


def _plain(features: Sequence[Feature], tensors: Tensors) -> dict[str, Column]:
    """Columns of shape [rows] (or [rows, k]) of the tensors: what a folder's own code is given."""
    return {f.name: tensors[f.name].reshape(-1) if f.size is None else tensors[f.name] for f in features}


def _known_classes(task: Task, targets: NDArray[Any]) -> tuple[Class, ...] | None:
    return None if task == "regression" else tuple(np.unique(targets).tolist())
