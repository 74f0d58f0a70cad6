"""Training on rows that are given, as a replay does, in place of the folder's own."""

import json
from pathlib import Path

from functions.adapters.model_folder import FolderCode, load_settings
from functions.retrain.dataset import load_dataset
from functions.retrain.train import train
from tests.unit.folders import BINARY, ESTIMATOR, small_folder, trained, write_folder


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
    assert json.loads((tmp_path / "given" / "lineage.json").read_text())["train"]["until"] is None
