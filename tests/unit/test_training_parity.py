"""Parity: a conversion that answers otherwise is caught, shown by row, and explained."""

from pathlib import Path

import pytest

from functions.domain.errors import ParityError
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


@pytest.mark.parametrize(
    ("listed", "guard", "refused"),
    [
        ("", "flag", "unknown categories ['\u00bfunknown?']"),
        ('categories = ["red", "green", "blue", "violet"]', "reject", "unknown categories ['violet']"),
        ('categories = ["red", "green", "blue"]', "reject", None),
    ],
    ids=["any category", "one more than was learnt", "those that were learnt"],
)
def test_an_encoder_must_take_every_category_that_the_contract_lets_in(
    tmp_path: Path, listed: str, guard: str, refused: str | None
) -> None:
    settings = BINARY.replace('type = "string"', f'type = "string"\n{listed}')
    strict = ESTIMATOR.replace('handle_unknown="use_encoded_value", unknown_value=-1', "")
    guarded = f'{settings}[guard]\nunknown_category = "{guard}"\n'
    folder = write_folder(tmp_path, guarded, dataset=DATASET.format(rows=300), estimator=strict)

    if refused is None:
        assert trained(folder).parity is not None
        return
    with pytest.raises(ParityError) as raised:
        trained(folder)
    assert "the original refuses rows that the contract lets in" in str(raised.value)
    assert refused in str(raised.value)
    assert "handle_unknown" in str(raised.value)


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
