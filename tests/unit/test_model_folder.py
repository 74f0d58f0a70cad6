"""A model's folder: found, and its code run without a trace."""

import subprocess
import sys
from pathlib import Path

import pytest

from functions.adapters.model_folder import FolderCode, load_settings, model_folders
from functions.domain.errors import ModelFolderError
from tests.unit.folders import write_folder

ROOT = Path(__file__).parents[2]


def test_finds_the_folders_that_hold_a_model_toml_by_name(tmp_path: Path) -> None:
    for name in ("zebra", "apple"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "model.toml").touch()
    (tmp_path / "models" / "notes").mkdir()

    assert [folder.name for folder in model_folders(tmp_path)] == ["apple", "zebra"]


def test_every_model_of_this_project_has_sound_settings() -> None:
    folders = model_folders(ROOT)

    assert "flights" in [load_settings(folder).model.name for folder in folders]


def test_reading_settings_imports_nothing_heavy() -> None:
    code = "import functions.adapters.model_folder, sys; print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = ("sklearn", "onnx", "onnxruntime", "skl2onnx", "numpy", "duckdb", "boto3")
    ran = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True, cwd=ROOT)

    assert ran.stdout.strip() == "[]"


def test_fifty_folders_with_equally_named_modules_do_not_meet(tmp_path: Path) -> None:
    before_path, before_modules = list(sys.path), set(sys.modules)
    codes = []
    for number in range(50):
        folder = tmp_path / f"model-{number}"
        (folder / "parts").mkdir(parents=True)
        (folder / "parts" / "__init__.py").write_text(f"NUMBER = {number}")
        (folder / "shared.py").write_text("from parts import NUMBER")
        (folder / "estimator.py").write_text(
            "def build():\n    from shared import NUMBER  # only when it is called\n    return NUMBER"
        )
        codes.append(FolderCode(folder))

    assert [code.call("estimator:build") for code in codes] == list(range(50))
    assert [code.call("estimator:build") for code in reversed(codes)] == list(reversed(range(50)))
    assert sys.path == before_path
    assert {"estimator", "shared", "parts", "parts.sub"}.isdisjoint(sys.modules)
    assert before_modules <= set(sys.modules)
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_module_is_run_once_for_several_calls(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, estimator="calls = []\ndef build():\n    calls.append(1)\n    return len(calls)")
    code = FolderCode(folder)

    assert [code.call("estimator:build"), code.call("estimator:build")] == [1, 2]


def test_a_module_of_the_folder_wins_over_one_already_imported(tmp_path: Path) -> None:
    import json

    folder = write_folder(tmp_path, json="HERE = True", estimator="import json\ndef build():\n    return json.HERE")

    assert FolderCode(folder).call("estimator:build") is True
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def build(:", "small/estimator.py: line 1: SyntaxError"),
        ("import nowhere_to_be_found", "small/estimator.py: line 1: ModuleNotFoundError"),
        ("\n\ndef build():\n    return 1 / 0", "small/estimator.py: line 4: ZeroDivisionError: division by zero"),
        ("build = 3", "has no function build"),
    ],
)
def test_names_file_and_line_where_the_folders_code_fails(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ModelFolderError) as raised:
        FolderCode(write_folder(tmp_path, estimator=source)).call("estimator:build")

    assert said in str(raised.value)


def test_says_which_file_is_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"small/estimator.py: no such file.*write it"):
        FolderCode(write_folder(tmp_path)).call("estimator:build")
