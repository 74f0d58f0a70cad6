"""[train] estimator: any names and shapes of features, and errors that say what to change."""

from pathlib import Path

import pytest

from functions.domain.errors import ModelFolderError
from tests.unit.folders import NUMBERS, NUMBERS_DATASET, PIXELS, READY, read_contract, session, trained, write_folder

ODD_NAMES = ("v0", "X", "X0", "label", "probability", "mean of it all")


def test_features_may_have_names_that_graphs_use_themselves(tmp_path: Path) -> None:
    kinds = ("float32", "int64", "string", "bool", "float32", "string")
    features = "".join(f'[features."{n}"]\ntype = "{k}"\n' for n, k in zip(ODD_NAMES, kinds, strict=True))
    settings = READY.format(features=features).replace('onnx = "model.onnx"', 'estimator = "estimator:build"')
    source = (
        "from sklearn.compose import ColumnTransformer\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import OneHotEncoder\n\n"
        "def build():\n    encode = OneHotEncoder(handle_unknown='ignore', sparse_output=False)\n"
        "    columns = ColumnTransformer([('e', encode, [2, 5])], remainder='passthrough')\n"
        "    return make_pipeline(columns, LogisticRegression())\n"
    )
    dataset = (
        "import numpy as np\n\ndef load():\n    chance = np.random.default_rng(0)\n"
        "    text = chance.choice(['p', 'q', 'r'], (2, 300)).astype(object)\n"
        "    v, n, b = chance.normal(size=(2, 300)), chance.integers(0, 9, 300), chance.random(300) > 0.5\n"
        f"    columns = dict(zip({ODD_NAMES!r}, (v[0], n, text[0], b, v[1], text[1])))\n"
        "    return {**columns, 'digit': [f'{c}{int(x)}' for c, x in zip(text[1], b)]}\n"
    )
    result = trained(write_folder(tmp_path, settings, dataset=dataset, estimator=source))
    contract = read_contract(result.folder)

    assert [value.name for value in session(result.folder).get_inputs()] == list(ODD_NAMES)
    assert (contract.label_output, contract.probability_output) == ("predicted_label", "predicted_probability")
    assert contract.classes == ("p0", "p1", "q0", "q1", "r0", "r1")
    assert result.metrics["accuracy"] == 1.0


def test_a_vector_is_columns_side_by_side_to_an_estimator(tmp_path: Path) -> None:
    settings = READY.format(features=PIXELS + '\n[features.colour]\ntype = "string"').replace(
        'onnx = "model.onnx"', 'estimator = "estimator:build"'
    )
    source = (
        "from sklearn.compose import ColumnTransformer\nfrom sklearn.ensemble import HistGradientBoostingClassifier\n"
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import OrdinalEncoder\n\n"
        "def build():\n    encode = OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1)\n"
        "    columns = ColumnTransformer([('e', encode, [4])], remainder='passthrough')\n"
        "    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=20))\n"
    )
    dataset = (
        "import numpy as np\n\ndef load():\n    chance = np.random.default_rng(0)\n"
        "    x = chance.uniform(0.5, 1, (300, 4))\n"
        "    return {'pixels': x, 'colour': ['red', 'blue'] * 150, 'digit': x[:, :3].argmax(axis=1)}\n"
    )
    result = trained(write_folder(tmp_path, settings, dataset=dataset, estimator=source))
    inputs = {value.name: value.shape[1] for value in session(result.folder).get_inputs()}

    assert inputs == {"pixels": 4, "colour": 1}
    assert result.parity is not None
    assert result.parity.edge_rows > 100
    assert (result.metrics["accuracy"] or 0) > 0.8


@pytest.mark.parametrize(
    ("positive", "said"),
    [("positive = true", None), ("positive = 1", None), ('positive = "yes"', "positive is 'yes', but the classes are")],
)
def test_the_positive_class_is_one_of_the_models(tmp_path: Path, positive: str, said: str | None) -> None:
    settings = NUMBERS.format(task="binary", positive=positive, road='estimator = "estimator:build"')
    source = "from sklearn.linear_model import LogisticRegression as Model\ndef build():\n    return Model()\n"
    folder = write_folder(tmp_path, settings, dataset=NUMBERS_DATASET % "score > 0", estimator=source)

    if said is None:
        assert read_contract(trained(folder).folder).positive is True
        return
    with pytest.raises(ModelFolderError) as raised:
        trained(folder)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("None", "build() returned a NoneType: return an unfitted scikit-learn estimator"),
        ("LogisticRegression(C=-1)", "the estimator cannot be fitted"),
        ("make_pipeline(FunctionTransformer(abs), LogisticRegression())", "the estimator cannot be converted to ONNX"),
    ],
)
def test_says_why_an_estimator_will_not_do(tmp_path: Path, build: str, said: str) -> None:
    settings = NUMBERS.format(task="binary", positive="positive = true", road='estimator = "estimator:build"')
    source = (
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.pipeline import make_pipeline\n"
        f"from sklearn.preprocessing import FunctionTransformer\n\ndef build():\n    return {build}\n"
    )

    with pytest.raises(ModelFolderError) as raised:
        trained(write_folder(tmp_path, settings, dataset=NUMBERS_DATASET % "score > 0", estimator=source))

    assert said in str(raised.value)
