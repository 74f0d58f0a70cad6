"""What a fitted pipeline and its graph tell of why a conversion may answer otherwise."""

from collections.abc import Sequence

from onnx import ModelProto
from sklearn.base import BaseEstimator

from functions.domain.contract import Feature
from functions.domain.likely_cause import Hints
from functions.retrain.split_values import TREES, reaches_trees_rescaled

RESCALING = (
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "PowerTransformer",
    "QuantileTransformer", "PolynomialFeatures", "SplineTransformer", "PCA", "TruncatedSVD", "FunctionTransformer",
    "KBinsDiscretizer", "TargetEncoder",
)  # fmt: skip


def hints(graph: ModelProto, estimator: BaseEstimator | None, features: Sequence[Feature]) -> Hints:
    """Hints for `likely_cause`; `estimator` is None where the original is no scikit-learn estimator."""
    return Hints(
        trees=any(node.op_type in TREES for node in graph.graph.node),
        rescaling=tuple(dict.fromkeys(step for step in _steps(estimator) if step in RESCALING)),
        computed=reaches_trees_rescaled(graph, features),
        by_estimator=estimator is not None,
    )


def _steps(estimator: BaseEstimator | None) -> list[str]:
    """The class names of what is inside an estimator."""
    if estimator is None:
        return []
    inside = [value for value in estimator.get_params().values() if isinstance(value, BaseEstimator)]
    return [type(step).__name__ for step in inside]
