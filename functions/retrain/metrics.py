"""Hold-out metrics of the ONNX model's own answers, under the names that the field gives them."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from functions.domain.errors import ModelFolderError
from functions.retrain.dataset import Column
from functions.retrain.onnx_model import Class
from functions.retrain.parity import Answers
from functions.retrain.reference import rounded

DIGITS = 6
SMALLEST_PROBABILITY = 1e-15  # what log loss takes for zero

Metrics = dict[str, float | None]


def measure(labels: Column, answers: Answers, classes: Sequence[Class] | None, positive: Class | None) -> Metrics:
    """Metrics by name; None where the hold-out does not allow one (no AUC of a single class).

    Raises:
        ModelFolderError: the model answers something that is no number, or a class that is none of its own.
    """
    if answers.scores is not None and not np.isfinite(answers.scores).all():
        row = int(np.flatnonzero(~np.isfinite(answers.scores).all(axis=1))[0])
        raise ModelFolderError(f"the model answers no finite number in hold-out row {row}: mend the model, or its data")
    if classes is None:
        found = _regression(labels.astype(np.float64), _scores(answers)[:, 0])
    else:
        found = _classification(labels, answers, classes, positive)
    return {
        name: None if value is None or math.isnan(value) else rounded(value, DIGITS) for name, value in found.items()
    }


def _scores(answers: Answers) -> NDArray[np.float64]:
    if answers.scores is None:
        raise ValueError("answers without scores")
    return answers.scores


def _regression(truth: NDArray[np.float64], values: NDArray[np.float64]) -> Metrics:
    return {
        "rmse": float(np.sqrt(np.mean((truth - values) ** 2))),
        "mae": float(np.mean(np.abs(truth - values))),
        "r2": float(sk.r2_score(truth, values)) if len(truth) > 1 else None,
    }


def _classification(labels: Column, answers: Answers, classes: Sequence[Class], positive: Class | None) -> Metrics:
    truth = _indexes(labels.tolist(), classes)
    guess = _indexes([] if answers.labels is None else answers.labels.tolist(), classes)
    found: Metrics = {"accuracy": float(np.mean(truth == guess))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sklearn warns of classes that a small hold-out lacks; the None says it
        found["f1_macro"] = float(sk.f1_score(truth, guess, average="macro", zero_division=0))
        if answers.scores is None:
            return found
        chances = np.clip(answers.scores, SMALLEST_PROBABILITY, 1.0)
        found["log_loss"] = float(-np.mean(np.log(chances[np.arange(len(truth)), truth])))
        if positive is not None:
            index = list(classes).index(positive)
            found |= _binary(truth == index, answers.scores[:, index])
    return found


def _binary(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> Metrics:
    both = 0 < truth.sum() < len(truth)
    return {
        "roc_auc": float(sk.roc_auc_score(truth, scores)) if both else None,
        "average_precision": float(sk.average_precision_score(truth, scores)) if truth.any() else None,
        "brier_score": float(np.mean((scores - truth) ** 2)),
        "positive_rate": float(truth.mean()),
    }


def _indexes(labels: Sequence[Any], classes: Sequence[Class]) -> NDArray[np.int64]:
    order = {label: index for index, label in enumerate(classes)}
    odd = next((label for label in labels if label not in order), None)
    if odd is not None:
        raise ModelFolderError(f"class {odd!r} is not among the model's classes {list(classes)}")
    return np.array([order[label] for label in labels], dtype=np.int64)
