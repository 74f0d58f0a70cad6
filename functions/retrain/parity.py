"""Parity: the ONNX model answers as its original does, row by row, on what clients will send and where trees split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from functions.adapters.model_settings import ModelSettings
from functions.domain.errors import ParityError
from functions.retrain.dataset import Dataset, json_values
from functions.retrain.likely_cause import ENCODER, likely_cause
from functions.retrain.onnx_model import OnnxModel, run
from functions.retrain.parity_rows import HOLDOUT, ParityRows, parity_rows
from functions.retrain.roads import Original, Trained
from functions.retrain.split_values import split_values
from functions.retrain.tensors import Tensors, client_tensors

WORST = 3  # rows that an error names
REFUSES = "the original refuses rows that the contract lets in, and ONNX answers them"


@dataclass(frozen=True, slots=True)
class Parity:
    """What was compared: rows of the hold-out, rows at split values and other edges, and the largest difference."""

    rows: int
    edge_rows: int
    largest_difference: float


@dataclass(frozen=True, slots=True)
class Answers:
    """Scores [rows, classes] (None where there are none) and labels [rows] (None where only scores are compared)."""

    scores: NDArray[np.float64] | None
    labels: NDArray[Any] | None


def check_parity(trained: Trained, holdout: Dataset, settings: ModelSettings, spread: float) -> Parity | None:
    """Compare the ONNX model with its original; None where it has no original.

    A regression's differences are relative to the value, or to `spread` (the labels' standard deviation) where the
    value is smaller; probabilities' are absolute.

    Raises:
        ParityError: a row differs by more than [gate] parity_tolerance; names the worst rows and the likely cause.
    """
    original = trained.original
    if original is None:
        return None
    graph = onnx.load_model_from_string(trained.model.data)
    rows = parity_rows(holdout, settings, split_values(graph, holdout.features))
    tensors = client_tensors(holdout.features, rows.columns)
    ours = onnx_answers(trained.model, tensors)
    try:
        theirs = original_answers(original, tensors)
    except Exception as error:  # whatever the framework raises
        raise ParityError(f"{REFUSES}: {type(error).__name__}: {error}\n{ENCODER}") from error
    tolerance = settings.gate.parity_tolerance
    differences = _differences(ours, theirs, settings.model.task == "regression", spread)
    wrong = ~(differences <= tolerance) | _unequal_labels(ours, theirs, tolerance)
    if wrong.any():
        raise ParityError(_explained(rows, ours, theirs, differences, np.flatnonzero(wrong), trained, settings))
    edges = sum(1 for kind in rows.kinds if kind != HOLDOUT)
    return Parity(len(rows.kinds) - edges, edges, float(differences.max()))


def onnx_answers(model: OnnxModel, tensors: Tensors) -> Answers:
    """What onnxruntime answers."""
    outputs = run(model.session(), tensors)
    labels = outputs[model.label_output].reshape(-1)
    if model.classes is None:
        return Answers(labels.astype(np.float64).reshape(-1, 1), None)
    scores = None if model.probability_output is None else outputs[model.probability_output].astype(np.float64)
    return Answers(scores, labels)


def original_answers(original: Original, tensors: Tensors) -> Answers:
    """What the framework's own model answers; one column of scores for a binary model is the second class's."""
    scores = None
    if original.scores is not None:
        scores = np.asarray(original.scores(tensors), dtype=np.float64)
        scores = scores.reshape(len(scores), -1)
    return Answers(scores, None if original.labels is None else original.labels(tensors))


def _differences(ours: Answers, theirs: Answers, regression: bool, spread: float) -> NDArray[np.float64]:
    count = len(ours.scores if ours.scores is not None else ours.labels if ours.labels is not None else [])
    if ours.scores is None or theirs.scores is None:
        return np.zeros(count)
    mine = ours.scores
    if theirs.scores.shape[1] == 1 and mine.shape[1] == 2:
        mine = mine[:, 1:]
    if mine.shape != theirs.scores.shape:
        raise ParityError(f"the ONNX model's scores have shape {mine.shape}, the original's {theirs.scores.shape}")
    differences = np.abs(mine - theirs.scores)
    if regression:
        differences /= np.maximum(np.abs(theirs.scores), spread if spread > 0 else 1.0)
    both_nan = np.isnan(mine) & np.isnan(theirs.scores)
    differences = np.where(both_nan, 0.0, np.where(np.isnan(differences), np.inf, differences))
    largest: NDArray[np.float64] = differences.max(axis=1)
    return largest


def _unequal_labels(ours: Answers, theirs: Answers, tolerance: float) -> NDArray[np.bool_]:
    """Where labels differ, unless the two best classes tie."""
    if ours.labels is None or theirs.labels is None:
        return np.zeros(1, dtype=bool)
    unequal = np.array([a != b for a, b in zip(ours.labels.tolist(), theirs.labels.tolist(), strict=True)])
    if theirs.scores is not None and theirs.scores.shape[1] > 1:
        best = np.sort(theirs.scores, axis=1)
        unequal &= best[:, -1] - best[:, -2] > 2 * tolerance
    return unequal


def _explained(
    rows: ParityRows,
    ours: Answers,
    theirs: Answers,
    differences: NDArray[np.float64],
    wrong: NDArray[Any],
    trained: Trained,
    settings: ModelSettings,
) -> str:
    tolerance = settings.gate.parity_tolerance
    worst = wrong[np.argsort(-differences[wrong], kind="stable")][:WORST]
    lines = [
        f"the ONNX model and its original differ in {len(wrong):,} of {len(differences):,} rows by more than "
        f"{tolerance:g}, at most by {differences.max():.3g}. The worst:"
    ]
    for index in worst:
        features = {name: json_values(column[index : index + 1])[0] for name, column in rows.columns.items()}
        lines.append(
            f"  {rows.kinds[index]}: {_shown(features)}\n"
            f"    original: {_answer(theirs, index)}; ONNX: {_answer(ours, index)}"
        )
    lines.append("Likely cause: " + likely_cause(rows, wrong, trained, settings.contract_features))
    return "\n".join(lines)


def _answer(answers: Answers, index: int) -> str:
    parts: list[str] = []
    if answers.labels is not None:
        parts.append(str(answers.labels[index]))
    if answers.scores is not None:
        parts.append(" ".join(f"{score:.6g}" for score in answers.scores[index][:10]))
    return ", ".join(parts)


def _shown(features: dict[str, Any]) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in features.items())
    return shown if len(shown) <= 600 else f"{shown[:600]}…"


def spread(labels: Sequence[float] | NDArray[Any], regression: bool) -> float:
    """The labels' standard deviation for a regression, 1 otherwise."""
    return float(np.std(np.asarray(labels, dtype=np.float64))) if regression else 1.0
