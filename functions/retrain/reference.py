"""The reference of a model version: what later windows of its traffic are compared with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.domain.effective_dimension import effective_dimension_of
from functions.domain.log_table import class_text
from functions.domain.reference import Digest, LossLeaf, Reference, ReferenceColumn
from functions.domain.reference_digest import DIGITS, HeldOut, category_digest, number_digest
from functions.domain.significant import significant
from functions.retrain.calibration import calibrations
from functions.retrain.dataset import Dataset
from functions.retrain.loss_tree import loss_tree
from functions.retrain.metrics import Metrics, Truth
from functions.retrain.onnx_model import Class, OnnxModel
from functions.retrain.tensors import Tensors, client_tensors


def reference(
    name: str, rows: Dataset, holdout: Dataset, model: OnnxModel, positive: Class | None, truth: Truth, metrics: Metrics
) -> Reference:
    """Digests of the features and labels of all training rows, and of the model's answers on the hold-out.

    Its `version` is empty: which one it will be is the registry's to say.
    """
    tensors, held_out = client_tensors(rows.features, rows.columns), client_tensors(rows.features, holdout.columns)
    return Reference(
        model=name,
        version="",
        source="training",
        rows=len(rows),
        holdout_rows=len(holdout),
        columns=(
            *(_feature(feature, tensors, held_out, truth.losses) for feature in rows.features),
            *(_answers(model, positive, truth)),
            _label(rows, holdout, truth.losses),
        ),
        metrics=metrics,
        loss=significant(float(truth.losses.mean()), DIGITS),
        calibrations=None
        if model.classes is None or truth.scores is None
        else calibrations(truth.scores, truth.labels, model.classes, positive),
        loss_tree=_loss_tree(rows, held_out, truth) if model.classes is None else (),
        effective_dimension=_effective_dimension(rows.features, tensors),
    )


def _effective_dimension(features: Sequence[Feature], tensors: Tensors) -> float | None:
    single = [f.name for f in features if f.size is None and f.type in ("float32", "int64")]
    found = effective_dimension_of([tensors[name].reshape(-1).astype(np.float64) for name in single])
    return None if found is None else significant(found, DIGITS)


def _loss_tree(rows: Dataset, held_out: Tensors, truth: Truth) -> tuple[LossLeaf, ...]:
    return loss_tree(rows.features, held_out, truth.predicted, truth.predicted - truth.labels)


def _feature(feature: Feature, tensors: Tensors, held_out: Tensors, losses: NDArray[np.float64]) -> ReferenceColumn:
    values, held = tensors[feature.name], held_out[feature.name]
    digest: Digest
    if feature.type in ("string", "bool"):
        digest = category_digest(_texts(feature, values), HeldOut(_texts(feature, held), _each(held, losses)))
    else:
        digest = number_digest(values, HeldOut(held, losses))
    return ReferenceColumn(feature.name, "feature", digest)


def _texts(feature: Feature, values: NDArray[Any]) -> list[str | None]:
    """As the log table writes them; the empty text of a nullable feature is a missing value."""
    missing = "" if feature.nullable else None
    return [None if value == missing else class_text(value) for value in values.reshape(-1).tolist()]


def _each(values: NDArray[Any], losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """A row's loss for each of its values."""
    return np.repeat(losses, values.size // max(len(losses), 1))


def _answers(model: OnnxModel, positive: Class | None, truth: Truth) -> Sequence[ReferenceColumn]:
    """The columns `prediction` and `score` of the log table, on the hold-out."""
    if model.classes is None:
        return (_score(truth.predicted, truth.losses),)
    predicted = [class_text(model.classes[place]) for place in truth.predicted.tolist()]
    prediction = ReferenceColumn("prediction", "output", category_digest(predicted, HeldOut(predicted, truth.losses)))
    if truth.scores is None:
        return (prediction,)
    place = truth.predicted if positive is None else np.full(len(predicted), list(model.classes).index(positive))
    return prediction, _score(truth.scores[np.arange(len(place)), place], truth.losses)


def _score(scores: NDArray[np.float64], losses: NDArray[np.float64]) -> ReferenceColumn:
    return ReferenceColumn("score", "output", number_digest(scores, HeldOut(scores, losses)))


def _label(rows: Dataset, holdout: Dataset, losses: NDArray[np.float64]) -> ReferenceColumn:
    if rows.labels.dtype == object:
        labels, held = ([class_text(label) for label in part.labels.tolist()] for part in (rows, holdout))
        return ReferenceColumn("label", "label", category_digest(labels, HeldOut(held, losses)))
    return ReferenceColumn("target", "label", number_digest(rows.labels, HeldOut(holdout.labels, losses)))
