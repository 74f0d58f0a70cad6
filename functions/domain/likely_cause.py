"""Says why an ONNX model most likely differs from its original, and what to do."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from functions.domain.parity_rows import ALL_SPLITS, CATEGORY, HOLDOUT, MISSING, SPLIT, UNKNOWN, ParityRows

ENCODER = (
    'For strings, use OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1) or '
    'OneHotEncoder(handle_unknown="ignore"); or list in model.toml the categories that were learnt, and no others, '
    'with [guard] unknown_category = "reject"'
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What only the side that fitted can see: of the pipeline its rescaling steps, of the graph what its trees split.

    `computed` is whether a tree splits on a number that is computed from features; `by_estimator` whether the original
    is a scikit-learn estimator.
    """

    trees: bool
    rescaling: tuple[str, ...]
    computed: bool
    by_estimator: bool


def likely_cause(rows: ParityRows, wrong: NDArray[Any], hints: Hints) -> str:
    """A cause and a remedy, from the kinds of rows that differ and from the pipeline's steps."""
    kinds = Counter(rows.kinds[index] for index in wrong)
    plain = kinds[HOLDOUT] + kinds[ALL_SPLITS] + sum(n for kind, n in kinds.items() if kind.startswith(SPLIT))
    if plain and hints.trees and hints.rescaling:
        return (
            f"{' and '.join(hints.rescaling)} before trees. It computes in double precision in scikit-learn and "
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
    if plain and hints.trees and hints.computed:
        return (
            "trees that split on computed values. Computed in single precision in ONNX, they fall on the other side of "
            "a split: give the trees the features as they are, or compute in dataset.py what becomes a feature"
        )
    if plain and kinds[HOLDOUT] == 0:
        return (
            "thresholds in double precision: rows at a split value go the other way in single precision. Export "
            "with thresholds rounded down to float32, not to the nearest (docs/model-toml.md shows how for LightGBM)"
        )
    if not hints.by_estimator:
        return "`predict` of your export() and its ONNX model are not the same model: compare them step by step"
    return (
        "a step that sklearn-onnx converts by approximation, or numbers that need more than single precision. Convert "
        "the pipeline's steps one by one to find it; if the difference is harmless, raise [gate] parity_tolerance"
    )


def _names(kinds: Counter[str]) -> str:
    return ", ".join(sorted(kinds))
