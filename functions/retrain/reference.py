"""The training data's digests, frozen with the model: what later traffic is compared with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.retrain.dataset import Column, Dataset
from functions.retrain.onnx_model import Class
from functions.retrain.parity import Answers
from functions.retrain.tensors import client_tensors

BINS = 10
MOST_DISTINCT = 20  # up to so many distinct numbers each has a bin of its own
MOST_CATEGORIES = 200  # the most frequent; the others are counted together


def reference(
    rows: Dataset, answers: Answers, classes: Sequence[Class] | None, positive: Class | None
) -> dict[str, Any]:
    """Digests of each feature over all training rows, and of the model's answers on the hold-out."""
    tensors = client_tensors(rows.features, rows.columns)
    features = {f.name: _feature(f, tensors[f.name]) for f in rows.features}
    return {"rows": len(rows), "features": features, "outputs": _outputs(answers, classes, positive)}


def numbers(values: NDArray[Any]) -> dict[str, Any]:
    """Count, missing (NaN), moments, and counts in bins.

    Bins are half-open: below edges[0], [edges[0], edges[1]), …, from edges[-1] up; so counts has one more than edges.
    """
    flat = values.reshape(-1).astype(np.float64)
    present = flat[~np.isnan(flat)]
    digest: dict[str, Any] = {"count": len(flat), "missing": len(flat) - len(present)}
    if len(present) == 0:
        return {**digest, "edges": [], "counts": [0]}
    edges = _edges(present)
    return {
        **digest,
        "mean": rounded(float(present.mean())),
        "std": rounded(float(present.std())),
        "min": float(present.min()),
        "max": float(present.max()),
        "edges": edges.tolist(),
        "counts": np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1).tolist(),
    }


def categories(values: Sequence[str], null: str | None = None) -> dict[str, Any]:
    """Count, missing (those equal to `null`), and counts by category: the most frequent, and the others as `other`."""
    counted = Counter(values)
    missing = counted.pop(null, 0) if null is not None else 0
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return {
        "count": len(values),
        "missing": missing,
        "categories": dict(ranked[:MOST_CATEGORIES]),
        "other": sum(count for _, count in ranked[MOST_CATEGORIES:]),
    }


def rounded(value: float, digits: int = 9) -> float:
    """A float to significant digits: sums differ in the last ones from one processor to another."""
    return float(f"{value:.{digits}g}")


def _feature(feature: Feature, tensor: NDArray[Any]) -> dict[str, Any]:
    if feature.type == "string":
        return categories(tensor.reshape(-1).tolist(), "" if feature.nullable else None)
    if feature.type == "bool":
        return categories([str(value).lower() for value in tensor.reshape(-1).tolist()])
    return numbers(tensor)


def _edges(present: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = np.unique(present)
    if len(distinct) <= MOST_DISTINCT:
        return distinct[1:]
    deciles = np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf")
    return np.unique(deciles[deciles > distinct[0]])


def _outputs(answers: Answers, classes: Sequence[Class] | None, positive: Class | None) -> Mapping[str, Any]:
    if answers.labels is None:
        return {"value": numbers(_first(answers.scores))}
    digests: dict[str, Any] = {"label": categories([str(label) for label in answers.labels.tolist()])}
    if answers.scores is not None and classes is not None and positive is not None:
        digests["probability"] = numbers(answers.scores[:, list(classes).index(positive)])
    return digests


def _first(scores: Column | None) -> Column:
    return np.zeros(0) if scores is None else scores[:, 0]
