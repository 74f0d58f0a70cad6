"""Training on rows that are given, as a replay does, in place of the folder's own."""

import json
from pathlib import Path

import pytest

from functions.adapters.candidate_judge import judge
from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.candidate import Candidate
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ModelFolderError
from functions.domain.holdout import split_of
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.domain.training_file import from_bytes
from functions.retrain.artifact import kept_beside
from functions.retrain.dataset import load_dataset
from functions.retrain.fitting import fit
from functions.retrain.train import train
from tests.unit.folders import BINARY, DATASET, ESTIMATOR, small_folder, trained, write_folder


def test_the_folders_own_rows_given_make_the_same_artifact(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    rows = load_dataset(FolderCode(folder), load_settings(folder))
    given = train(folder, tmp_path / "given", lambda line: None, rows)
    assert given.digest == trained(folder).digest


def test_given_rows_are_learnt_from_though_the_folder_trains_until_before(tmp_path: Path) -> None:
    small = small_folder(tmp_path / "rows")
    rows = load_dataset(FolderCode(small), load_settings(small))
    folder = write_folder(tmp_path / "dated", BINARY + "until = 2001-01-01\n", estimator=ESTIMATOR)

    result = train(folder, tmp_path / "given", lambda line: None, rows)

    assert result.fit_rows + result.holdout_rows == len(rows)
    assert "until" not in json.loads((tmp_path / "given" / "lineage.json").read_text())["train"]


def test_what_was_learnt_from_lies_beside_the_artifact_and_gives_it_again(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    result = trained(folder)
    kept = {path.name: path.read_bytes() for path in kept_beside(result.folder).iterdir()}
    lineage = json.loads((result.folder / "lineage.json").read_text())

    assert all(name.partition(".")[0] == digest_of(body) for name, body in kept.items())
    assert sorted(name.rpartition(".")[2] for name in kept) == ["json", "npz", "zip"]
    assert f"{lineage['code']['archive']}.zip" in kept
    manifest = SnapshotManifest.from_bytes(kept[f"{lineage['data']['snapshot']}.json"])
    assert (manifest.fit_rows, manifest.holdout_rows, manifest.rows.first) == (240, 60, 300)

    settings = load_settings(folder)
    (file,) = manifest.files
    rows = from_bytes(kept[f"{file.sha256}.npz"], settings.contract_features)
    parts = split_of(manifest, [rows])
    files = fit(folder, settings, parts, lineage["data"]["snapshot"], lambda line: None).to_files()
    again = judge(Candidate.from_files(files), parts, lambda line: None)
    assert again.digest == result.digest


def test_a_golden_set_is_kept_with_the_first_training_set(tmp_path: Path) -> None:
    golden = DATASET.format(rows=40).replace("def load", "def golden")
    settings = BINARY + '[gate]\ngolden = "truths:golden"\n'
    folder = write_folder(tmp_path, settings, dataset=DATASET.format(rows=300), estimator=ESTIMATOR, truths=golden)
    kept = kept_beside(trained(folder).folder)

    (listed,) = kept.glob("*.json")
    found = SnapshotManifest.from_bytes(listed.read_bytes()).golden
    assert found is not None
    assert found.rows == 40
    rows = from_bytes((kept / f"{found.sha256}.npz").read_bytes(), load_settings(folder).contract_features)
    assert len(rows.labelled()) == 40


def test_a_golden_set_without_labels_is_refused(tmp_path: Path) -> None:
    golden = DATASET.format(rows=40).replace("def load", "def golden").replace('"late": late', '"late": [None] * 40')
    settings = BINARY + '[gate]\ngolden = "truths:golden"\n'
    folder = write_folder(tmp_path, settings, dataset=DATASET.format(rows=300), estimator=ESTIMATOR, truths=golden)

    with pytest.raises(ModelFolderError, match="truths:golden gave no labelled row"):
        trained(folder)
