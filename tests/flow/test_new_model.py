"""From a CSV file to an HTTP answer in two commands, in a checkout of its own."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sklearn import datasets

from trimtab.project import Project

COPIED = ("app.py", "cdk.json", "requirements.txt", "pyproject.toml", "functions", "infra", "trimtab")
OWN = ("assembly", "artifacts")


@pytest.fixture(scope="module")
def checkout(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of this checkout with no model in it; what was built for functions is shared."""
    if stage_name != "local":
        pytest.skip("needs the local cloud")
    root = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        source = project.root / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root)
    (root / "models").mkdir()
    (root / ".build").mkdir()
    for built in project.build.iterdir():
        if built.name not in OWN:
            (root / ".build" / built.name).symlink_to(built)
    yield root
    run(root, "down")


def run(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "TRIMTAB_PORT": "0"}
    environment.pop("TRIMTAB_STATE", None)
    ran = subprocess.run(
        [sys.executable, "-m", "trimtab.cli", *arguments],
        cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def write_csv(path: Path, bunch: Any) -> Path:
    names = [name.replace(" ", "_") for name in bunch.feature_names]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "target"])
        writer.writerows([*row, target] for row, target in zip(bunch.data.tolist(), bunch.target.tolist(), strict=True))
    return path


@pytest.mark.parametrize(
    ("name", "load", "metric", "at_least"),
    [("cancer", datasets.load_breast_cancer, "accuracy", 0.95), ("diabetes", datasets.load_diabetes, "r2", 0.5)],
)
def test_two_commands_bring_a_csv_file_to_an_http_answer(
    checkout: Path, tmp_path: Path, name: str, load: Any, metric: str, at_least: float
) -> None:
    data = write_csv(tmp_path / f"{name}.csv", load())

    run(checkout, "new", name, "--from", str(data), "--label", "target")
    deployed = json.loads(run(checkout, "deploy", name, "--json"))
    answers = json.loads(run(checkout, "predict", name, "--file", str(data), "--json"))

    assert deployed["model_version"] == 1
    assert answers["scores"][metric] > at_least  # on rows that it mostly learnt from: the same model, that is all
    assert len(answers["predictions"]) == len(load().target)


def test_status_lists_what_is_deployed(checkout: Path) -> None:
    found = {entry["model"]: entry for entry in json.loads(run(checkout, "status", "--json"))}
    assert set(found) == {"cancer", "diabetes"}
    assert all(entry["release"] and entry["alias"]["as_registered"] for entry in found.values())
