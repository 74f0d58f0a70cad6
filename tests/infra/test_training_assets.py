"""What lies in `retrain` and in the layer that all models share: it fits Lambda, with room to spare."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from functions.domain.errors import MisconfiguredError
from infra import training_code
from infra.asset_cache import FunctionCode
from infra.dependencies import native_platform
from tests.infra.conftest import ROOT
from tests.unit.folders import small_folder

FLIGHTS = ROOT / "models" / "flights"
SPARE = 0.15  # of Lambda's limit, for what a model's own requirements.txt adds


@pytest.fixture(scope="session")
def layer() -> FunctionCode:
    return training_code.training_layer()


@pytest.fixture(scope="session")
def asset() -> FunctionCode:
    return training_code.retrain_code(FLIGHTS)


def names_in(code: FunctionCode) -> list[str]:
    with zipfile.ZipFile(code.path) as archive:
        return archive.namelist()


def test_both_together_leave_fifteen_percent_of_what_lambda_allows(layer: FunctionCode, asset: FunctionCode) -> None:
    assert layer.unzipped + asset.unzipped <= training_code.LIMIT * (1 - SPARE)
    assert asset.unzipped < 2_000_000


def test_the_layer_holds_what_is_pinned_and_nothing_of_ours(layer: FunctionCode) -> None:
    names = names_in(layer)
    assert all(name.startswith("python/") for name in names)
    tops = {name.split("/")[1] for name in names}
    assert {"sklearn", "scipy", "scipy.libs", "skl2onnx", "onnx", "numpy", "numpy.libs", "pydantic", "boto3"} <= tops
    assert not {"functions", "onnxruntime", "duckdb", "pandas"} & tops
    unwanted = re.compile(r"/tests?/|\.pyi$|\.h$|\.a$|^python/bin/|/onnx/backend/|/sklearn/datasets/")
    assert [name for name in names if unwanted.search(name)] == []


def test_each_library_is_of_the_version_that_is_tested(layer: FunctionCode) -> None:
    shipped = {name.split("/")[1].removesuffix(".dist-info") for name in names_in(layer) if ".dist-info/" in name}
    pinned = (ROOT / ".ci" / "requirements.lock").read_text().splitlines()
    tested = {line.partition(" ")[0].replace("==", "-").replace("_", "-").lower() for line in pinned if "==" in line}
    assert {each.replace("_", "-").lower() for each in shipped} <= tested


def test_the_zip_holds_the_models_code_and_ours_that_the_handler_reaches(asset: FunctionCode) -> None:
    sources = {name for name in names_in(asset) if "__pycache__" not in name}
    folder = {f"models/flights/{name}" for name in ("dataset.py", "estimator.py", "model.toml")}
    assert folder <= sources
    assert "functions/retrain/handler.py" in sources
    assert all(re.match(r"models/flights/|functions/(__init__|retrain/|domain/|adapters/)", name) for name in sources)
    assert "functions/retrain/train.py" not in sources  # both halves in one process are for a person's machine
    assert not any("candidate_judge" in name or name.endswith("Dockerfile") for name in sources)


def test_models_stage_one_layer_and_each_its_own_zip(layer: FunctionCode, asset: FunctionCode, tmp_path: Path) -> None:
    other = training_code.retrain_code(small_folder(tmp_path))
    assert other.content != asset.content
    assert training_code.training_layer() == layer


def test_built_elsewhere_the_zip_is_the_same_to_the_byte(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    first = training_code.retrain_code(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "estimator.cpython-313.pyc").write_bytes(b"stale")
    (folder / "data.csv").write_text("rows that are learnt from lie in the bucket\n")
    shutil.copytree(ROOT / "functions", tmp_path / "else" / "functions")
    cache = tmp_path / "cache"
    shutil.copytree(training_code.training_layer().path.parent, cache, ignore=_all_but_the_layer)
    again = training_code.retrain_code(folder, root=tmp_path / "else", cache=cache)
    assert again.path != first.path
    assert hashlib.sha256(again.path.read_bytes()).digest() == hashlib.sha256(first.path.read_bytes()).digest()


def _all_but_the_layer(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("training.layer-")}


def test_what_does_not_fit_is_an_error_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_code, "LIMIT", 1_000_000)
    with pytest.raises(MisconfiguredError, match=r'models/small/requirements\.txt: .* set \[train\] package = "image"'):
        training_code.retrain_code(small_folder(tmp_path))


FIT = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[2] + "/python"]
from functions.retrain.handler import handler, build
from functions.retrain.fitting import fit
from functions.adapters.model_folder import load_settings
from functions.domain.holdout import split_by_seed
from functions.domain.training_file import from_bytes
from pathlib import Path

folder = Path(sys.argv[1]) / "models" / "small"
settings = load_settings(folder)
rows = from_bytes(Path(sys.argv[3]).read_bytes(), settings.contract_features)
import boto3
client = boto3.client("s3", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
assert client.meta.endpoint_url
candidate = fit(folder, settings, split_by_seed(rows, 60, 0), "0" * 64, lambda line: None)
outside = [m for m in sys.modules.values() if "site-packages" in (getattr(m, "__file__", None) or "")]
assert callable(handler) and not outside, outside
assert "onnxruntime" not in sys.modules and "duckdb" not in sys.modules
print(len(candidate.to_files()), candidate.lineage["packages"]["scikit-learn"])
"""


def test_a_model_is_fitted_from_the_assets_alone(tmp_path: Path) -> None:
    from functions.adapters.model_folder import FolderCode, load_settings
    from functions.domain.training_file import to_bytes
    from functions.retrain.dataset import load_dataset

    folder = small_folder(tmp_path)
    rows = tmp_path / "rows.npz"
    rows.write_bytes(to_bytes(load_dataset(FolderCode(folder), load_settings(folder))))
    parts = (training_code.retrain_code(folder, native_platform()), training_code.training_layer(native_platform()))
    for code, place in zip(parts, ("task", "opt"), strict=True):
        with zipfile.ZipFile(code.path) as archive:
            archive.extractall(tmp_path / place)
    command = [sys.executable, "-I", "-S", "-c", FIT, *(str(tmp_path / name) for name in ("task", "opt", "rows.npz"))]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["5", "1.9.1"]
