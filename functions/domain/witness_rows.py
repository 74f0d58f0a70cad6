"""Witnesses: the few rows by whose answers a published release is smoke-tested."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from functions.domain.contract import Feature
from functions.domain.dataset import Dataset

MOST_ROWS = 10


def witness_rows(holdout: Dataset) -> list[dict[str, Any]]:
    """Rows spread over the hold-out."""
    index = np.unique(np.linspace(0, len(holdout) - 1, MOST_ROWS).astype(np.int64))
    return list(holdout.take(index).rows())


def made_up_row(features: Sequence[Feature]) -> dict[str, Any]:
    """A row that the contract lets in, for a model that came without data."""
    return {feature.name: _plausible(feature) for feature in features}


def _plausible(feature: Feature) -> Any:
    value: Any
    if feature.categories is not None:
        value = feature.categories[0]
    elif feature.type == "string":
        value = ""
    elif feature.type == "bool":
        value = False
    else:
        low = 0 if feature.min is None else max(0, feature.min)
        number = low if feature.max is None else min(low, feature.max)
        value = int(number) if feature.type == "int64" else float(number)
    return value if feature.size is None else [value] * feature.size
