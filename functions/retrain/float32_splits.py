"""Split thresholds that mean the same in single precision.

A float32 x is <= a double t if, and only if, it is <= the largest float32 that is not above t. sklearn-onnx writes
thresholds so for most trees, but rounds those of HistGradientBoosting to the nearest float32 (sklearn-onnx #1192): a
value on the threshold then goes the other way.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator


def with_float32_splits(estimator: BaseEstimator) -> BaseEstimator:
    """A copy whose histogram trees split at float32 values; on float32 inputs it answers as the original does."""
    twin: BaseEstimator = copy.deepcopy(estimator)
    for booster in _histogram_boosters(twin, set()):
        for stage in booster._predictors:
            for tree in stage:
                tree.nodes["num_threshold"] = rounded_down(tree.nodes["num_threshold"])
    return twin


def lightgbm_with_float32_splits(model: str) -> str:
    """The text of a LightGBM model (`Booster.model_to_string()`) with split thresholds that float32 holds.

    onnxmltools rounds them to the nearest, too. `Booster(model_str=…)` of the result answers float32 inputs as before.
    """
    lines = []
    for line in model.splitlines():
        if line.startswith("threshold="):
            thresholds = np.array(line.removeprefix("threshold=").split(), dtype=np.float64)
            line = "threshold=" + " ".join(repr(value) for value in rounded_down(thresholds).tolist())
        if not line.startswith("tree_sizes="):  # in bytes, so no longer right; LightGBM reads on without them
            lines.append(line)
    return "\n".join(lines) + "\n"


def rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's largest float32 that is not above it, as a double."""
    with np.errstate(over="ignore"):
        nearest = thresholds.astype(np.float32)
        lower = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest > thresholds, lower, nearest).astype(np.float64)


def _histogram_boosters(thing: Any, seen: set[int]) -> Iterator[Any]:
    """All fitted HistGradientBoosting models inside an estimator, at any depth."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if hasattr(thing, "_predictors"):
        yield thing
    elif isinstance(thing, BaseEstimator):
        yield from _histogram_boosters(vars(thing), seen)
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from _histogram_boosters(value, seen)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _histogram_boosters(value, seen)
