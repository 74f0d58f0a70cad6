"""Parity: the ONNX model answers as its original does, row by row, on what clients will send and where trees split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.answers import Answers
from functions.domain.dataset import json_values
from functions.domain.errors import ParityError
from functions.domain.likely_cause import Hints, likely_cause
from functions.domain.parity_rows import HOLDOUT, ParityRows

WORST = 3  # rows that an error names


@dataclass(frozen=True, slots=True)
class Parity:
    """What was compared: rows of the hold-out, rows at split values and other edges, and the largest difference."""

    rows: int
    edge_rows: int
    largest_difference: float


@dataclass(frozen=True, slots=True)
class Yardstick:
    """By what differences are measured, and how large they may be: [gate] parity_tolerance.

    Probabilities' are absolute. With `relative`, of a regression, they are relative to the value, or to `spread` (the
    labels' standard deviation) where the value is smaller.
    """

    tolerance: float
    relative: bool
    spread: float


def compare(rows: ParityRows, ours: Answers, theirs: Answers, by: Yardstick, hints: Hints) -> Parity:
    """Hold the ONNX model's answers (`ours`) against its original's.

    Raises:
        ParityError: a row differs by more than the tolerance; names the worst rows and the likely cause.
    """
    differences = _differences(ours, theirs, by)
    wrong = ~(differences <= by.tolerance) | _unequal_labels(ours, theirs, by.tolerance)
    if wrong.any():
        raise ParityError(_explained(rows, (ours, theirs), differences, np.flatnonzero(wrong), by.tolerance, hints))
    edges = sum(1 for kind in rows.kinds if kind != HOLDOUT)
    return Parity(len(rows.kinds) - edges, edges, float(differences.max()))


def spread(labels: Sequence[float] | NDArray[Any], regression: bool) -> float:
    """The labels' standard deviation for a regression, 1 otherwise."""
    return float(np.std(np.asarray(labels, dtype=np.float64))) if regression else 1.0


def _differences(ours: Answers, theirs: Answers, by: Yardstick) -> NDArray[np.float64]:
    count = len(ours.scores if ours.scores is not None else ours.labels if ours.labels is not None else [])
    if ours.scores is None or theirs.scores is None:
        return np.zeros(count)
    mine = ours.scores
    if theirs.scores.shape[1] == 1 and mine.shape[1] == 2:
        mine = mine[:, 1:]
    if mine.shape != theirs.scores.shape:
        raise ParityError(f"the ONNX model's scores have shape {mine.shape}, the original's {theirs.scores.shape}")
    differences = np.abs(mine - theirs.scores)
    if by.relative:
        differences /= np.maximum(np.abs(theirs.scores), by.spread if by.spread > 0 else 1.0)
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
    answers: tuple[Answers, Answers],
    differences: NDArray[np.float64],
    wrong: NDArray[Any],
    tolerance: float,
    hints: Hints,
) -> str:
    ours, theirs = answers
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
    lines.append("Likely cause: " + likely_cause(rows, wrong, hints))
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
