"""The artifact: whole or not at all, and the same bytes for the same data, code and versions."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from functions.domain.contract import Contract
from functions.domain.errors import ModelFolderError
from functions.retrain import artifact
from tests.unit.folders import DATASET, ESTIMATOR, numbers_folder, small_folder, trained, write_folder

ROOT = Path(__file__).parents[2]
FILES = {"model.onnx", "contract.json", "lineage.json", "reference.json", "witness.json", "manifest.json"}
TRAIN = """
import sys
from pathlib import Path
from functions.retrain.train import train

for folder in sys.argv[2:]:
    train(Path(folder), Path(sys.argv[1]) / Path(folder).parent.parent.name, print)
"""


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def trained_twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of artifacts, each from a process of its own, with another hash seed and number of threads."""
    root = tmp_path_factory.mktemp("twice")
    trees = ("from sklearn.ensemble import ExtraTreesClassifier", "ExtraTreesClassifier(10)")
    folders = [
        ROOT / "models" / "flights",
        small_folder(root / "small", rows=2_000),
        numbers_folder(root / "forest", "multiclass", trees[1], trees[0]),
    ]
    running = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", TRAIN, str(root / seed), *map(str, folders)]
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    return root / "1", root / "2"


@pytest.mark.parametrize("model", [ROOT.name, "small", "forest"], ids=["flights", "small", "forest"])
def test_two_fresh_processes_write_the_same_bytes(trained_twice: tuple[Path, Path], model: str) -> None:
    first, second = (root / model for root in trained_twice)

    assert set(digests(first)) == FILES
    assert digests(first) == digests(second)


def test_the_manifest_lists_the_other_files(tmp_path: Path) -> None:
    result = trained(small_folder(tmp_path))
    manifest = json.loads((result.folder / "manifest.json").read_bytes())
    found = digests(result.folder)

    assert set(found) == FILES
    assert result.digest == found.pop("manifest.json")
    assert manifest == {"v": 2, "model": "small", "files": found}


def test_the_contract_names_its_model_and_survives_a_round_trip(tmp_path: Path) -> None:
    folder = trained(small_folder(tmp_path)).folder
    data = (folder / "contract.json").read_bytes()
    contract = Contract.from_document(json.loads(data))

    assert contract.to_bytes() == data
    assert contract.onnx_sha256 == digests(folder)["model.onnx"]
    assert (contract.label_output, contract.probability_output) == ("label", "probability")
    assert (contract.classes, contract.positive) == ((False, True), True)
    assert {output.name: (output.datatype, output.shape) for output in contract.outputs} == {
        "label": ("BOOL", ()),
        "probability": ("FP32", (2,)),
    }


def test_the_witness_is_what_onnxruntime_answers(tmp_path: Path) -> None:
    folder = trained(small_folder(tmp_path)).folder
    witness = json.loads((folder / "witness.json").read_bytes())
    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    dtypes = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}
    inputs = {
        value.name: np.array([[row[value.name]] for row in witness["rows"]], dtype=dtypes[value.type])
        for value in session.get_inputs()
    }

    assert len(witness["rows"]) == 10
    for name, answer in zip(("label", "probability"), session.run(["label", "probability"], inputs), strict=True):
        assert answer.tolist() == witness["outputs"][name]


def test_lineage_tells_data_code_and_versions_apart(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)

    def lineage() -> dict[str, Any]:
        document: dict[str, Any] = json.loads((trained(folder).folder / "lineage.json").read_bytes())
        return document

    before = lineage()
    (folder / "estimator.py").write_text(ESTIMATOR + "# a comment\n")
    other_code = lineage()
    (folder / "dataset.py").write_text(DATASET.format(rows=301))
    other_data = lineage()

    assert before["data"]["sha256"] == other_code["data"]["sha256"] != other_data["data"]["sha256"]
    assert before["code"]["sha256"] != other_code["code"]["sha256"] != other_data["code"]["sha256"]
    assert set(before["code"]["files"]) >= {"models/small/estimator.py", "functions/retrain/fitting.py"}
    assert before["packages"]["scikit-learn"].startswith("1.")
    assert before["data"]["fit"]["rows"] + before["data"]["holdout"]["rows"] == 300
    assert set(before["metrics"]) >= {"roc_auc", "average_precision", "log_loss", "brier_score", "accuracy"}
    assert str(tmp_path) not in json.dumps(before)


def test_a_training_that_fails_leaves_the_artifact_before_it(tmp_path: Path) -> None:
    before = digests(trained(small_folder(tmp_path)).folder)

    with pytest.raises(ModelFolderError):
        trained(write_folder(tmp_path, estimator="def build():\n    return 1 / 0\n"))

    assert digests(tmp_path / "artifact") == before


def test_a_writing_that_dies_leaves_the_artifact_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests(trained(small_folder(tmp_path)).folder)

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        artifact.write_artifact(tmp_path / "artifact", "small", {"model.onnx": b"new"})

    assert digests(tmp_path / "artifact") == before
    assert {path.name for path in tmp_path.iterdir()} == {"artifact", "artifact.training", "models"}


def test_an_artifact_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "artifact"
    artifact.write_artifact(out, "small", {"model.onnx": b"old", "extra": b""})
    artifact.write_artifact(out, "small", {"model.onnx": b"new"})

    assert {path.name for path in out.iterdir()} == {"model.onnx", "manifest.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"artifact"}
