"""The reference of a model version: what later windows of its traffic are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.client_tensors import Tensors, client_tensors
from functions.domain.contract import Class, Feature
from functions.domain.dataset import Dataset
from functions.domain.effective_dimension import effective_dimension_of
from functions.domain.holdout_metrics import Metrics, Truth
from functions.domain.log_table import class_text
from functions.domain.loss_tree import loss_tree
from functions.domain.reference import Digest, LossLeaf, Reference, ReferenceColumn
from functions.domain.reference_digest import DIGITS, HeldOut, category_digest, number_digest
from functions.domain.score_calibration import calibrations
from functions.domain.significant import significant


@dataclass(frozen=True, slots=True)
class Classes:
    """A classifier's classes in the order of its scores, and which of them is a binary model's positive one."""

    all: tuple[Class, ...] | None
    positive: Class | None


def training_reference(
    name: str, rows: Dataset, holdout: Dataset, classes: Classes, truth: Truth, metrics: Metrics
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
            *(_answers(classes, truth)),
            _label(rows, holdout, truth.losses),
        ),
        metrics=metrics,
        loss=significant(float(truth.losses.mean()), DIGITS),
        calibrations=None
        if classes.all is None or truth.scores is None
        else calibrations(truth.scores, truth.labels, classes.all, classes.positive),
        loss_tree=_loss_tree(rows, held_out, truth) if classes.all is None else (),
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


def _answers(classes: Classes, truth: Truth) -> Sequence[ReferenceColumn]:
    """The columns `prediction` and `score` of the log table, on the hold-out."""
    if classes.all is None:
        return (_score(truth.predicted, truth.losses),)
    predicted = [class_text(classes.all[place]) for place in truth.predicted.tolist()]
    prediction = ReferenceColumn("prediction", "output", category_digest(predicted, HeldOut(predicted, truth.losses)))
    if truth.scores is None:
        return (prediction,)
    places = _places(classes, truth)
    return prediction, _score(truth.scores[np.arange(len(places)), places], truth.losses)


def _places(classes: Classes, truth: Truth) -> NDArray[np.int64]:
    """Of each row the class whose score the log table has: the positive one of a binary model, else the predicted."""
    if classes.positive is None or classes.all is None:
        return truth.predicted
    return np.full(len(truth.predicted), classes.all.index(classes.positive))


def _score(scores: NDArray[np.float64], losses: NDArray[np.float64]) -> ReferenceColumn:
    return ReferenceColumn("score", "output", number_digest(scores, HeldOut(scores, losses)))


def _label(rows: Dataset, holdout: Dataset, losses: NDArray[np.float64]) -> ReferenceColumn:
    if rows.labels.dtype == object:
        labels, held = ([class_text(label) for label in part.labels.tolist()] for part in (rows, holdout))
        return ReferenceColumn("label", "label", category_digest(labels, HeldOut(held, losses)))
    return ReferenceColumn("target", "label", number_digest(rows.labels, HeldOut(holdout.labels, losses)))
