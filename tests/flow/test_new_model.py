"""From a CSV file to an HTTP answer in two commands, in a checkout of its own."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sklearn import datasets

from tests.flow.checkouts import make_checkout, run
from trimtab.project import Project


@pytest.fixture(scope="module")
def checkout(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of this checkout with no model in it; its local cloud is stopped at the end."""
    if stage_name != "local":
        pytest.skip("needs the local cloud")
    root = make_checkout(project, tmp_path_factory.mktemp("checkout"))
    yield root
    run(root, "down")


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
