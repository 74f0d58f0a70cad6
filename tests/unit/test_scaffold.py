"""`trimtab new`: from a CSV file to a folder that trains as it stands."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from functions.adapters.model_folder import load_settings
from functions.domain.contract import Contract
from functions.domain.errors import ModelFolderError
from tests.unit.csv_folders import NUMBERS, ROWS, YES_NO, cycle, made, trained, write_csv
from trimtab.scaffold import new


@pytest.mark.parametrize(
    ("load", "task", "metric", "at_least"),
    [
        (load_breast_cancer, "binary", "roc_auc", 0.97),
        (load_diabetes, "regression", "r2", 0.1),
        (load_wine, "multiclass", "accuracy", 0.9),
    ],
)
def test_data_sets_of_scikit_learn_train_without_an_edit(
    tmp_path: Path, load: Any, task: str, metric: str, at_least: float
) -> None:
    data = load()
    target = data.target_names[data.target] if task == "multiclass" else data.target
    rows = [[*map(float, row), value] for row, value in zip(data.data, target.tolist(), strict=True)]
    path = write_csv(tmp_path / "given.csv", [*data.feature_names, "target"], rows)
    began = time.perf_counter()

    folder = new("small", path, "target", tmp_path / "models", lambda note: None)
    result = trained(folder)

    assert time.perf_counter() - began < 20
    assert load_settings(folder).model.task == task
    assert result.parity is not None
    assert result.parity.largest_difference <= 1e-5
    assert (result.metrics[metric] or 0) >= at_least


def test_a_file_of_every_kind_of_column_trains_without_an_edit(tmp_path: Path) -> None:
    columns = {
        "mean radius": NUMBERS,
        'say "hi"': cycle(1, 2, 3, 4),
        "größe.in.cm": cycle(1.5, "", 2.5),
        "count, with gaps": cycle(3, 4, ""),
        "flag": cycle("true", "false"),
        "flag with gaps": cycle("True", "False", "NA"),
        "colour": cycle("red", "green\nor blue", "", 'a "b" \\ c'),
        "zip": cycle("01234", "99999"),
        "when": [f"2013-01-01 00:{row:02}:00" for row in range(ROWS)],
        "label": cycle(5, 6),
        "y": YES_NO,
    }
    path = write_csv(tmp_path / "given.csv", list(columns), zip(*columns.values(), strict=True), delimiter=";")
    folder = new("small", path, "y", tmp_path / "models", lambda note: None)

    contract = Contract.from_document(json.loads((trained(folder).folder / "contract.json").read_bytes()))

    kinds = {feature.name: (feature.type, feature.nullable) for feature in contract.features}
    assert kinds == {
        "mean radius": ("float32", False),
        'say "hi"': ("int64", False),
        "größe.in.cm": ("float32", True),
        "count, with gaps": ("float32", True),
        "flag": ("bool", False),
        "flag with gaps": ("string", True),
        "colour": ("string", True),
        "zip": ("string", False),
        "label": ("int64", False),
    }
    assert contract.label_output == "predicted_label"
    assert (contract.classes, contract.positive) == (("no", "yes"), "yes")
    assert contract.features[6].categories == ('a "b" \\ c', "green\nor blue", "red")
    assert (contract.guard.out_of_range, contract.guard.unknown_category) == ("flag", "flag")


def test_the_files_it_writes_pass_the_projects_own_checks(tmp_path: Path) -> None:
    columns = {
        "x": NUMBERS,
        "colour": cycle("red", "blue"),
        "when": [f"2013-01-{1 + row % 28:02}" for row in range(ROWS)],
    }
    made(tmp_path, {**columns, "y": YES_NO})
    config = Path(__file__).parents[2] / "pyproject.toml"
    files = sorted((tmp_path / "models" / "small").glob("*.py"))

    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, "--no-cache", "--config", str(config), *map(str, files)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout


def test_ranges_and_categories_are_those_of_the_data(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"x": NUMBERS, "n": cycle(3, 9, 5), "colour": cycle("red", "blue"), "y": YES_NO})

    assert (settings.features["x"].min, settings.features["x"].max) == (min(NUMBERS), max(NUMBERS))
    assert (settings.features["n"].min, settings.features["n"].max) == (3, 9)
    assert settings.features["colour"].categories == ("blue", "red")


def test_many_categories_are_not_listed(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"town": [f"town {row % 55}" for row in range(ROWS)], "x": NUMBERS, "y": YES_NO})

    assert settings.features["town"].type == "string"
    assert settings.features["town"].categories is None


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("customer_id", list(range(5_000, 5_000 + 7 * ROWS, 7)), "it numbers the rows, as an identifier does"),
        ("", list(range(ROWS)), "it numbers the rows, as an identifier does"),
        ("code", [f"A-{row}" for row in range(ROWS)], "its values are all different, as an identifier's are"),
        ("version", cycle(3), "it is always '3'"),
        ("notes", cycle("NA"), "it is empty"),
        ("born", cycle("1990-01-01", "1985-05-05", ""), "it is a time: compute what matters of it"),
    ],
)
def test_leaves_out_what_is_no_feature_and_says_why(tmp_path: Path, name: str, values: list[Any], reason: str) -> None:
    settings, notes = made(tmp_path, {name: values, "x": NUMBERS, "y": YES_NO})

    assert list(settings.features) == ["x"]
    assert any(note.startswith(f"column {name or 'unnamed_1'!r} is left out: {reason}") for note in notes)


def test_different_whole_numbers_are_a_feature_unless_they_number_the_rows(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"income": [1_000 + 37 * row for row in range(ROWS)], "paid": NUMBERS, "y": YES_NO})

    assert list(settings.features) == ["income", "paid"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("when", [f"2013-01-01T{row // 4:02}:{row % 4 * 15:02}:00Z" for row in range(ROWS)]),
        ("date", [f"2013-{1 + row // 28:02}-{1 + row % 28:02}" for row in range(ROWS)]),
        ("created_at", [1_356_998_400 + 60 * row for row in range(ROWS)]),
        ("timestamp", [1_356_998_400_000 + 60_000 * row for row in range(ROWS)]),
    ],
)
def test_a_time_orders_the_rows_so_that_the_newest_are_held_out(tmp_path: Path, name: str, values: list[Any]) -> None:
    settings, notes = made(tmp_path, {name: values[::-1], "x": NUMBERS, "y": YES_NO})
    lineage = json.loads((trained(tmp_path / "models" / "small").folder / "lineage.json").read_bytes())

    assert list(settings.features) == ["x"]
    assert f"column {name!r} says when a row happened: the newest rows are held out to measure on" in notes
    assert lineage["data"]["fit"]["period"]["first"].startswith("2013-01-01T00:00:00")
    assert lineage["data"]["fit"]["period"]["last"] < lineage["data"]["holdout"]["period"]["first"]


def test_of_two_times_the_one_that_is_named_so_is_taken(tmp_path: Path) -> None:
    days = [f"2013-01-{1 + row % 28:02}" for row in range(ROWS)]
    _, notes = made(tmp_path, {"born": days, "timestamp": days, "x": NUMBERS, "y": YES_NO})

    assert any(note.startswith("column 'timestamp' says when") for note in notes)
    assert any(note.startswith("column 'born' is left out: it is a time") for note in notes)


def test_a_number_called_time_is_a_feature(tmp_path: Path) -> None:
    days = [f"2013-01-{1 + row % 28:02}" for row in range(ROWS)]
    settings, _ = made(tmp_path, {"time": NUMBERS, "date": days, "y": YES_NO})

    assert list(settings.features) == ["time"]
    assert trained(tmp_path / "models" / "small").fit_rows == 48


@pytest.mark.parametrize("name", ["Churn", "a_b", "-a", "a--b", "", "../up", "a" * 33])
def test_a_name_that_aws_would_refuse_is_refused(tmp_path: Path, name: str) -> None:
    path = write_csv(tmp_path / "given.csv", ["x", "y"], zip(NUMBERS, YES_NO, strict=True))

    with pytest.raises(ModelFolderError, match="is no model name: up to 32 lower-case letters"):
        new(name, path, "y", tmp_path / "models", lambda note: None)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    made(tmp_path, {"x": NUMBERS, "y": YES_NO})
    (tmp_path / "models" / "small" / "estimator.py").write_text("mine")

    with pytest.raises(ModelFolderError, match="exists: choose another name"):
        made(tmp_path, {"x": NUMBERS, "y": YES_NO})

    assert (tmp_path / "models" / "small" / "estimator.py").read_text() == "mine"
