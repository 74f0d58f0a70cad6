"""`[train] window = "auto"`: a model learns from the newest rows alone where the older ones mislead, and only there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.adapters.candidate_judge import judge
from functions.adapters.model_folder import load_settings
from functions.domain.candidate import Candidate
from functions.domain.correction_config import GateConfig, TrainConfig
from functions.domain.holdout import Split, newest_to_try
from functions.domain.reference import Reference
from functions.domain.snapshot_manifest import Counts, SnapshotManifest
from functions.retrain.dataset import as_dataset
from functions.retrain.fitting import fit
from tests.unit.folders import numbers_folder

TREES = "HistGradientBoostingClassifier(max_iter=20, random_state=0)"
IMPORTS = "from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor"
FIT, HOLDOUT, CHANGED = 1_200, 400, 800  # from row 800 on the rule is another


def parts(folder: Path, task: str, *, changes: bool, to_try: tuple[int, ...] = (400, 150), one_class: int = 0) -> Split:
    chance = np.random.default_rng(3)
    a, b, c = chance.normal(size=(3, FIT + HOLDOUT))
    rule = np.where((np.arange(FIT + HOLDOUT) >= CHANGED) & changes, -1, 1)
    score = rule * (a + b * c) + chance.normal(0, 0.1, FIT + HOLDOUT)
    labels: Any = score if task == "regression" else score > 0
    if one_class:
        labels = labels.copy()
        labels[FIT - one_class : FIT] = True
    times = np.datetime64("2024-01-01") + np.arange(FIT + HOLDOUT) * np.timedelta64(60, "s")
    columns = {"a": a, "b": b, "c": c, "y": labels, "time": times}
    rows = as_dataset(columns, load_settings(folder), "test")
    return Split(rows.take(slice(0, FIT)), rows.take(slice(FIT, None)), to_try)


def fitted(folder: Path, split: Split) -> Candidate:
    return fit(folder, load_settings(folder), split, "0" * 64, lambda line: None)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_after_a_change_the_newest_rows_alone_are_learnt_from(tmp_path: Path, task: str) -> None:
    trees = TREES if task == "binary" else TREES.replace("Classifier", "Regressor")
    folder = numbers_folder(tmp_path, task, trees, IMPORTS)
    split = parts(folder, task, changes=True)
    candidate = fitted(folder, split)
    assert candidate.lineage["data"]["fit"]["rows"] == 400
    assert candidate.onnx == fitted(folder, split.newest(400)).onnx


def test_without_a_change_all_rows_are_learnt_from(tmp_path: Path) -> None:
    folder = numbers_folder(tmp_path, "binary", TREES, IMPORTS)
    split = parts(folder, "binary", changes=False)
    candidate = fitted(folder, split)
    assert candidate.lineage["data"]["fit"]["rows"] == FIT
    assert candidate.onnx == fitted(folder, Split(split.fit, split.holdout)).onnx


def test_newest_rows_that_lack_a_class_are_not_tried(tmp_path: Path) -> None:
    folder = numbers_folder(tmp_path, "binary", TREES, IMPORTS)
    split = parts(folder, "binary", changes=True, to_try=(150,), one_class=150)
    assert fitted(folder, split).lineage["data"]["fit"]["rows"] == FIT


def test_the_judge_takes_the_rows_that_were_learnt_from_as_the_reference(tmp_path: Path) -> None:
    folder = numbers_folder(tmp_path, "binary", TREES, IMPORTS)
    split = parts(folder, "binary", changes=True)
    candidate = fitted(folder, split)
    files = judge(candidate, split, lambda line: None).files
    assert files == judge(candidate, split.newest(400), lambda line: None).files
    assert Reference.from_bytes(files["reference.json"]).rows == 400 + HOLDOUT


def test_a_manifest_says_what_to_try_and_one_without_is_spelt_as_ever() -> None:
    plain = SnapshotManifest("m", None, (), None, 10, 5, Counts(first=15), 0)
    assert b"newest_to_try" not in plain.to_bytes()
    with_some = SnapshotManifest("m", None, (), None, 10, 5, Counts(first=15), 0, newest_to_try=(7, 3))
    assert SnapshotManifest.from_bytes(with_some.to_bytes()) == with_some


def test_only_counts_that_the_log_has_and_the_gate_could_compare_on_are_tried() -> None:
    auto, gate = TrainConfig(min_labels=1_200, auto_window=True), GateConfig(min_rows=300)
    assert newest_to_try(auto, gate, 1_500, 2_000) == (1_200, 400)
    assert newest_to_try(auto, gate, 1_100, 2_000) == (400,)
    assert newest_to_try(auto, gate, 1_200, 1_200) == (400,)
    assert newest_to_try(auto, GateConfig(min_rows=500), 1_500, 2_000) == (1_200,)
    assert newest_to_try(TrainConfig(min_labels=1_200), gate, 1_500, 2_000) == ()
