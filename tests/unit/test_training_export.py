"""[train] export: another framework takes the same road as scikit-learn."""

from pathlib import Path

import pytest

from functions.domain.errors import ModelFolderError, ParityError
from tests.unit.folders import NUMBERS, NUMBERS_DATASET, read_contract, session, trained, write_folder

LIGHTGBM = """
import lightgbm
import numpy as np
from functions.retrain.float32_splits import lightgbm_with_float32_splits
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

def export(columns, y, seed):
    def matrix(columns):
        return np.stack([columns[name] for name in ("a", "b", "c")], axis=1)
    settings = {"objective": "binary", "seed": seed, "num_threads": 1, "deterministic": True, "verbose": -1}
    fitted = lightgbm.train(settings, lightgbm.Dataset(matrix(columns), y), num_boost_round=10)
    model = lightgbm.Booster(model_str=lightgbm_with_float32_splits(fitted.model_to_string()))
    exported = convert_lightgbm(model, initial_types=[("X", FloatTensorType([None, 3]))], target_opset=15)
    return exported, lambda columns: fitted.predict(matrix(columns))
"""
AS_IT_IS = LIGHTGBM.replace(
    "lightgbm.Booster(model_str=lightgbm_with_float32_splits(fitted.model_to_string()))", "fitted"
)
ALONE = LIGHTGBM.replace("return exported, lambda columns: fitted.predict(matrix(columns))", "return exported")


@pytest.mark.parametrize(("source", "compared"), [(ALONE, False), (LIGHTGBM, True)])
def test_lightgbm_takes_the_same_road(tmp_path: Path, source: str, compared: bool) -> None:
    settings = NUMBERS.format(task="binary", positive="positive = 1", road='export = "estimator:export"')
    dataset = NUMBERS_DATASET % "(score > 0).astype(int)"
    reports: list[str] = []
    result = trained(write_folder(tmp_path, settings, dataset=dataset, estimator=source), reports)
    contract = read_contract(result.folder)

    assert (result.parity is not None) is compared
    assert result.metrics["roc_auc"] is not None
    assert result.metrics["roc_auc"] > 0.8
    assert contract.classes == (0, 1)
    assert contract.positive == 1
    assert [feature.name for feature in contract.features] == ["a", "b", "c"]
    assert [i.name for i in session(result.folder).get_inputs()] == ["a", "b", "c"]
    assert "estimator:export takes one matrix: its 3 columns are the features in the order of model.toml" in reports


def test_lightgbms_own_thresholds_are_caught_and_explained(tmp_path: Path) -> None:
    settings = NUMBERS.format(task="binary", positive="positive = 1", road='export = "estimator:export"')
    dataset = NUMBERS_DATASET % "(score > 0).astype(int)"

    with pytest.raises(ParityError, match="Likely cause: thresholds in double precision"):
        trained(write_folder(tmp_path, settings, dataset=dataset, estimator=AS_IT_IS))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("None", "estimator:export returned NoneType: return an ONNX ModelProto"),
        ("b'not onnx'", "estimator:export is no valid ONNX model"),
        ("(b'', 3)", "estimator:export"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_says_what_an_export_should_return(tmp_path: Path, returned: str, said: str) -> None:
    settings = NUMBERS.format(task="regression", positive="", road='export = "estimator:export"')
    source = f"def export(columns, y, seed):\n    return {returned}\n"

    with pytest.raises(ModelFolderError) as raised:
        trained(write_folder(tmp_path, settings, dataset=NUMBERS_DATASET % "score", estimator=source))

    assert said in str(raised.value)
