"""The regression tree, held against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from functions.domain.regression_tree import regression_tree


def squared_error(target: NDArray[Any], leaves: list[NDArray[Any]]) -> float:
    return sum(float(((target[rows] - target[rows].mean()) ** 2).sum()) for rows in leaves)


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_parts_rows_as_scikit_learn_does(seed: int, missing: float) -> None:
    chance = np.random.default_rng(seed)
    matrix = chance.normal(size=(2_000, 3)).astype(np.float32).astype(np.float64)
    matrix[chance.random(matrix.shape) < missing] = np.nan
    steep = np.where(np.isnan(matrix[:, 1]), 4.0, np.exp(np.nan_to_num(matrix[:, 1])))
    target = np.abs(chance.normal(size=2_000)) * steep + (matrix[:, 0] > 0.5)

    found = regression_tree(matrix, target, most_leaves=12, fewest_rows=50)
    peer = DecisionTreeRegressor(max_leaf_nodes=12, min_samples_leaf=50, random_state=0).fit(matrix, target)

    theirs = {tuple(np.flatnonzero(peer.apply(matrix) == leaf).tolist()) for leaf in np.unique(peer.apply(matrix))}
    assert {tuple(sorted(rows.tolist())) for _, rows in found} == theirs


@given(st.integers(0, 10**6), st.integers(1, 80), st.integers(1, 10), st.integers(1, 6))
def test_leaves_part_the_rows_and_are_where_their_paths_say(seed: int, count: int, fewest: int, most: int) -> None:
    chance = np.random.default_rng(seed)
    matrix = chance.integers(0, 4, (count, 2)).astype(np.float64)
    matrix[chance.random(matrix.shape) < 0.3] = np.nan
    target = chance.integers(0, 5, count).astype(np.float64)

    leaves = regression_tree(matrix, target, most_leaves=most, fewest_rows=fewest)

    assert sorted(row for _, rows in leaves for row in rows.tolist()) == list(range(count))
    assert len(leaves) <= most
    assert all(len(rows) >= min(fewest, count) for _, rows in leaves)
    for path, rows in leaves:
        for split, left in path:
            values = matrix[rows, split.column]
            assert np.isfinite(split.threshold)
            assert np.all(np.where(np.isnan(values), split.missing_left, values <= split.threshold) == left)
    assert squared_error(target, [rows for _, rows in leaves]) <= squared_error(target, [np.arange(count)]) + 1e-9


def test_equal_targets_are_one_leaf() -> None:
    matrix = np.random.default_rng(0).normal(size=(200, 2))
    assert [path for path, _ in regression_tree(matrix, np.ones(200), most_leaves=9, fewest_rows=5)] == [()]
