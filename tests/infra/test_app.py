"""`python app.py` as people and CDK's command line run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import app
from tests.infra.conftest import ROOT


def run_app(folder: Path, **context: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, "app.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_an_unknown_stage_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = run_app(tmp_path, stage="staging")
    assert done.returncode == 1
    assert done.stderr == (
        'trimtab: cdk.json: there is no stage "staging" in context "stages": choose dev or local or prod\n'
    )
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_model_toml_names_file_and_key_and_shows_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "flights"
    folder.mkdir(parents=True)
    text = (ROOT / "models" / "flights" / "model.toml").read_text()
    (folder / "model.toml").write_text(text.replace("[model]", "[model]\nnmae = 1", 1))
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "out"))
    assert app.main(tmp_path) == 1
    message = capsys.readouterr().err.splitlines()
    assert message[0] == f"trimtab: {folder / 'model.toml'}: [model] nmae: is unknown: did you mean name?"
    assert not any(line.startswith("Traceback") for line in message)
    assert not (tmp_path / "out").exists()


def test_the_command_line_s_stage_wins_over_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_CONTEXT_JSON", raising=False)
    assert app.read_context()["stage"] == "local"
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"stage": "dev"}')
    assert app.read_context()["stage"] == "dev"
    assert app.read_context()["stages"]


def test_cdk_json_starts_the_app_from_the_projects_own_environment() -> None:
    settings = json.loads((ROOT / "cdk.json").read_text())
    assert settings["app"] == ".venv/bin/python app.py"


@pytest.mark.slow
def test_no_node_of_the_machines_is_needed_and_nothing_but_progress_is_printed(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JSII_")}
    environment |= {"PATH": "/nonexistent", "CDK_OUTDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert all(line.startswith("trimtab: building ") for line in done.stderr.splitlines())
    assert (tmp_path / "trimtab-local-platform.template.json").is_file()
