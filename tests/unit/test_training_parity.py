"""Parity: a conversion that answers otherwise is caught, shown by row, and explained."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import HistGradientBoostingRegressor

from functions.domain.contract import Feature
from functions.domain.errors import ParityError
from functions.retrain import sklearn_road
from functions.retrain.float32_splits import rounded_down, with_float32_splits
from functions.retrain.split_values import split_values
from tests.unit.folders import (
    BINARY,
    DATASET,
    ESTIMATOR,
    NUMBERS,
    NUMBERS_DATASET,
    numbers_folder,
    trained,
    write_folder,
)

LIKELY = "Likely cause: "
TREES = (
    "from sklearn.ensemble import *\nfrom sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import *\n"
)

CONVERT = [
    ("binary", "HistGradientBoostingClassifier(max_iter=20)"),
    ("binary", "RandomForestClassifier(10)"),
    ("binary", "ExtraTreesClassifier(10)"),
    ("binary", "GradientBoostingClassifier(n_estimators=10)"),
    ("binary", "CalibratedClassifierCV(HistGradientBoostingClassifier(max_iter=10))"),
    ("binary", "make_pipeline(StandardScaler(), LogisticRegression())"),
    ("binary", "make_pipeline(StandardScaler(), MLPClassifier(max_iter=40, early_stopping=True))"),
    ("binary", "make_pipeline(StandardScaler(), SVC(probability=True))"),
    ("binary", "LinearSVC()"),
    ("binary", "KNeighborsClassifier()"),
    ("binary", "GaussianNB()"),
    ("multiclass", "HistGradientBoostingClassifier(max_iter=10)"),
    ("multiclass", "RandomForestClassifier(10)"),
    ("multiclass", "LogisticRegression()"),
    ("regression", "HistGradientBoostingRegressor(max_iter=20)"),
    ("regression", "RandomForestRegressor(10)"),
    ("regression", "Ridge()"),
    ("regression", "SVR()"),
    ("regression", "KNeighborsRegressor()"),
]
ESTIMATORS = TREES + "\n".join(
    f"from sklearn.{module} import *"
    for module in ("calibration", "linear_model", "naive_bayes", "neighbors", "neural_network", "svm")
)


@pytest.mark.filterwarnings("ignore:The `probability` parameter")
@pytest.mark.parametrize(("task", "estimator"), CONVERT, ids=[f"{t}: {e}" for t, e in CONVERT])
def test_estimators_answer_in_onnx_as_in_scikit_learn(tmp_path: Path, task: str, estimator: str) -> None:
    parity = trained(numbers_folder(tmp_path, task, estimator, ESTIMATORS)).parity

    assert parity is not None
    assert parity.rows == 80
    assert parity.largest_difference <= 1e-5


@pytest.mark.parametrize(
    ("task", "estimator"),
    [
        ("binary", "make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=20))"),
        ("binary", "make_pipeline(StandardScaler(), RandomForestClassifier(20))"),
        ("regression", "make_pipeline(StandardScaler(), HistGradientBoostingRegressor(max_iter=20))"),
    ],
)
def test_a_scaler_before_trees_is_caught_and_named(tmp_path: Path, task: str, estimator: str) -> None:
    folder = numbers_folder(tmp_path, task, estimator, TREES)

    with pytest.raises(ParityError) as raised:
        trained(folder)

    scaler = estimator.removeprefix("make_pipeline(").partition("(")[0]
    said = str(raised.value)
    assert f"{LIKELY}{scaler} before trees" in said
    assert "remove the step" in said
    assert "a=" in said
    assert "original: " in said
    assert not (tmp_path / "artifact").exists()


def test_a_scaler_before_trees_is_named_among_strings_too(tmp_path: Path) -> None:
    scaled = ESTIMATOR.replace("[2])], remainder", '[2]), ("scale", StandardScaler(), [0, 1])], remainder').replace(
        "import OrdinalEncoder", "import OrdinalEncoder, StandardScaler"
    )

    with pytest.raises(ParityError, match="Likely cause: StandardScaler before trees"):
        trained(write_folder(tmp_path, BINARY, dataset=DATASET.format(rows=2_000), estimator=scaled))


CARELESS = """
from skl2onnx import update_registered_converter
from skl2onnx.operator_converters.ordinal_encoder import convert_sklearn_ordinal_encoder as convert
from skl2onnx.shape_calculators.ordinal_encoder import calculate_sklearn_ordinal_encoder_output_shapes as shapes

class CarelessEncoder(OrdinalEncoder):
    def transform(self, X):
        codes = super().transform(X)
        codes[codes == 77] = 0
        return codes

update_registered_converter(CarelessEncoder, "Careless", shapes, convert, overwrite=True)
"""


def test_an_encoder_that_treats_unknown_categories_otherwise_is_caught(tmp_path: Path) -> None:
    """An encoder of its own that is converted as if it were an OrdinalEncoder."""
    careless = ESTIMATOR.replace("unknown_value=-1", "unknown_value=77").replace("= Ordinal", "= Careless") + CARELESS
    settings = BINARY + '[guard]\nunknown_category = "flag"\n'

    with pytest.raises(ParityError, match="unknown category of colour: the encoder treats a category that it has not"):
        trained(write_folder(tmp_path, settings, dataset=DATASET.format(rows=300), estimator=careless))


EXPORT = """
import numpy as np
from sklearn.linear_model import Ridge
from skl2onnx import to_onnx

def export(columns, y, seed):
    X = np.stack(list(columns.values()), axis=1)
    model = Ridge().fit(X, y)
    def predict(columns):
        return model.predict(np.stack(list(columns.values()), axis=1)) + %s
    return to_onnx(model, X[:1]), predict
"""


@pytest.mark.parametrize(("wrong_by", "caught"), [("0", False), ("0.01", True)])
def test_an_exports_own_predict_is_compared_with_its_onnx(tmp_path: Path, wrong_by: str, caught: bool) -> None:
    settings = NUMBERS.format(task="regression", positive="", road='export = "estimator:export"')
    folder = write_folder(tmp_path, settings, dataset=NUMBERS_DATASET % "score", estimator=EXPORT % wrong_by)

    if not caught:
        parity = trained(folder).parity
        assert parity is not None
        assert parity.largest_difference < 1e-6
        return
    with pytest.raises(ParityError, match=r"`predict` of your export\(\) and its ONNX model are not the same"):
        trained(folder)


def test_a_tolerance_of_model_toml_is_kept_to(tmp_path: Path) -> None:
    settings = NUMBERS.format(task="regression", positive="", road='export = "estimator:export"')
    folder = write_folder(
        tmp_path,
        settings + "[gate]\nparity_tolerance = 0.02\n",
        dataset=NUMBERS_DATASET % "score",
        estimator=EXPORT % "0.01",
    )

    parity = trained(folder).parity

    assert parity is not None
    assert 0.001 < parity.largest_difference < 0.02


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
