"""Says why an ONNX model most likely differs from its original, and what to do."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import onnx
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from functions.domain.contract import Feature
from functions.retrain.parity_rows import ALL_SPLITS, CATEGORY, HOLDOUT, MISSING, SPLIT, UNKNOWN, ParityRows
from functions.retrain.roads import Trained
from functions.retrain.split_values import TREES, reaches_trees_rescaled

RESCALING = (
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "PowerTransformer",
    "QuantileTransformer", "PolynomialFeatures", "SplineTransformer", "PCA", "TruncatedSVD", "FunctionTransformer",
    "KBinsDiscretizer", "TargetEncoder",
)  # fmt: skip
ENCODER = (
    'For strings, use OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1) or '
    'OneHotEncoder(handle_unknown="ignore"); or list in model.toml the categories that were learnt, and no others, '
    'with [guard] unknown_category = "reject"'
)


def likely_cause(rows: ParityRows, wrong: NDArray[Any], trained: Trained, features: Sequence[Feature]) -> str:
    """A cause and a remedy, from the kinds of rows that differ and from the pipeline's steps."""
    kinds = Counter(rows.kinds[index] for index in wrong)
    plain = kinds[HOLDOUT] + kinds[ALL_SPLITS] + sum(n for kind, n in kinds.items() if kind.startswith(SPLIT))
    graph = onnx.load_model_from_string(trained.model.data)
    has_trees = any(node.op_type in TREES for node in graph.graph.node)
    scalers = [step for step in _steps(trained) if step in RESCALING]
    if plain and has_trees and scalers:
        return (
            f"{' and '.join(dict.fromkeys(scalers))} before trees. It computes in double precision in scikit-learn and "
            "in single precision in ONNX, so rows fall on the other side of a split. Trees split by order and need no "
            "scaling: remove the step"
        )
    if not plain and all(kind.startswith((UNKNOWN, CATEGORY)) for kind in kinds):
        return f"{_names(kinds)}: the encoder treats a category that it has not learnt otherwise in ONNX. {ENCODER}"
    if not plain and all(kind.startswith(MISSING) for kind in kinds):
        return (
            f"{_names(kinds)}: nulls are treated otherwise in ONNX. Impute them in the pipeline (SimpleImputer), or "
            "remove nullable from model.toml so that they are rejected"
        )
    if plain and has_trees and reaches_trees_rescaled(graph, features):
        return (
            "trees that split on computed values. Computed in single precision in ONNX, they fall on the other side of "
            "a split: give the trees the features as they are, or compute in dataset.py what becomes a feature"
        )
    if plain and kinds[HOLDOUT] == 0:
        return (
            "thresholds in double precision: rows at a split value go the other way in single precision. Export "
            "with thresholds rounded down to float32, not to the nearest (docs/model-toml.md shows how for LightGBM)"
        )
    if trained.original is not None and trained.original.estimator is None:
        return "`predict` of your export() and its ONNX model are not the same model: compare them step by step"
    return (
        "a step that sklearn-onnx converts by approximation, or numbers that need more than single precision. Convert "
        "the pipeline's steps one by one to find it; if the difference is harmless, raise [gate] parity_tolerance"
    )


def _names(kinds: Counter[str]) -> str:
    return ", ".join(sorted(kinds))


def _steps(trained: Trained) -> list[str]:
    """The class names of an estimator and of all that is inside it."""
    estimator = None if trained.original is None else trained.original.estimator
    if estimator is None:
        return []
    inside = [value for value in estimator.get_params().values() if isinstance(value, BaseEstimator)]
    return [type(step).__name__ for step in inside]
