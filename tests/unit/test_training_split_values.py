"""Split values: found in the graph, and rounded so that they mean the same in single precision."""

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import HistGradientBoostingRegressor

from functions.domain.contract import Feature
from functions.retrain import sklearn_road
from functions.retrain.float32_splits import rounded_down, with_float32_splits
from functions.retrain.split_values import split_values

doubles = hnp.arrays(np.float64, 20, elements=st.floats(allow_nan=False, width=64, min_value=-1e300, max_value=1e300))


@given(thresholds=doubles, values=hnp.arrays(np.float32, 20, elements=st.floats(width=32, allow_nan=False)))
def test_a_threshold_rounded_down_parts_float32_values_as_before(thresholds: Any, values: Any) -> None:
    lowered = rounded_down(thresholds)

    assert np.array_equal(lowered, lowered.astype(np.float32).astype(np.float64))
    near = np.concatenate([values, np.clip(thresholds, -3e38, 3e38).astype(np.float32)]).astype(np.float64)
    assert np.array_equal(near[:, None] <= thresholds, near[:, None] <= lowered)


def boosted() -> tuple[Any, Any]:
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(500, 2)).astype(np.float32)
    return HistGradientBoostingRegressor(max_iter=10).fit(inputs, inputs[:, 0] * inputs[:, 1]), inputs


def test_trees_with_float32_splits_answer_as_before() -> None:
    estimator, inputs = boosted()
    twin: Any = with_float32_splits(estimator)
    edges = np.unique(estimator._predictors[0][0].nodes["num_threshold"])
    rows = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 2).astype(np.float32)

    assert np.array_equal(twin.predict(inputs), estimator.predict(inputs))
    assert np.array_equal(twin.predict(rows), estimator.predict(rows))
    assert twin._predictors[0][0].nodes is not estimator._predictors[0][0].nodes


def test_split_values_are_found_behind_casts_and_places() -> None:
    estimator, _ = boosted()
    features = [Feature("count", "int64"), Feature("amount", "float32")]
    model = sklearn_road.convert(estimator, features, "regression", to_bool=False)

    found = split_values(model, features)

    nodes = np.concatenate([tree.nodes for stage in estimator._predictors for tree in stage])
    inner = nodes[~nodes["is_leaf"].astype(bool)]
    assert list(found) == [("amount", 0), ("count", 0)]
    for name, column in (("count", 0), ("amount", 1)):
        expected = np.unique(rounded_down(inner["num_threshold"][inner["feature_idx"] == column]))
        assert np.array_equal(found[name, 0], expected)


def test_split_values_are_followed_back_through_a_scaler() -> None:
    features = [Feature("amount", "float32")]
    nodes = [
        onnx.helper.make_node("Scaler", ["amount"], ["z"], domain="ai.onnx.ml", offset=[50.0], scale=[0.1]),
        onnx.helper.make_node(
            "TreeEnsembleRegressor",
            ["z"],
            ["value"],
            domain="ai.onnx.ml",
            nodes_featureids=[0, 0, 0],
            nodes_values=[1.5, 0.0, 0.0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        ),
    ]
    graph = onnx.helper.make_graph(nodes, "g", [], [])

    assert split_values(onnx.helper.make_model(graph), features)["amount", 0] == pytest.approx([65.0])
