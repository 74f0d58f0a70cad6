"""`trimtab reproduce`: the same bytes from what was kept, and a word for each thing that is not the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.release_artifact import MANIFEST, listing
from functions.retrain.artifact import kept_beside
from tests.functions.retrain.worlds import BUCKET, World, world
from tests.unit.folders import ESTIMATOR
from trimtab.json_difference import first_difference
from trimtab.kept_training import kept_training
from trimtab.reproduce import Reproduction, reproduce


@pytest.fixture
def small(tmp_path: Path) -> World:
    return world(tmp_path)


def register(small: World, **changed: Any) -> str:
    """Put the artifact under version 1, with parts of its lineage changed; its digest."""
    files = {path.name: path.read_bytes() for path in small.by_hand.folder.iterdir() if path.name != MANIFEST}
    files["lineage.json"] = canonical_json({**json.loads(files["lineage.json"]), **changed}).encode()
    files[MANIFEST] = listing("small", files)
    for name, body in files.items():
        small.s3.objects[BUCKET, f"artifacts/model=small/version=1/{name}"] = body
    return digest_of(files[MANIFEST])


def again(small: World, digest: str, folder: Path | None, said: list[str] | None = None) -> Reproduction:
    return reproduce(small.lake, "small", 1, digest, folder, (said if said is not None else []).append)


def test_a_version_is_made_again_to_the_byte(small: World) -> None:
    found = again(small, register(small), small.folder)
    assert found.identical
    assert found.reproduced == small.by_hand.digest
    assert {each.file for each in found.files} == {path.name for path in small.by_hand.folder.iterdir()}
    assert found.notes == ()


def test_it_needs_no_folder_and_is_not_misled_by_one_that_has_changed(small: World) -> None:
    digest = register(small)
    assert again(small, digest, None).notes == (
        "this project has no folder of the model; the code that was kept with the version is used",
    )
    (small.folder / "estimator.py").write_text(ESTIMATOR.replace("max_iter=20", "max_iter=2"))
    said: list[str] = []
    found = again(small, digest, small.folder, said)
    assert found.identical
    assert "models/small has changed since" in said[0]  # before anything is fitted


def test_what_differs_is_named_by_file_key_and_package(small: World) -> None:
    lineage = json.loads((small.by_hand.folder / "lineage.json").read_bytes())
    packages = {**lineage["packages"], "scikit-learn": "1.0.0"}
    found = again(small, register(small, packages=packages), small.folder)
    assert not found.identical
    differing = {each.file: each.difference for each in found.files if each.difference}
    assert set(differing) == {"lineage.json", "manifest.json"}
    assert "packages.scikit-learn is" in str(differing["lineage.json"])
    assert f"scikit-learn {lineage['packages']['scikit-learn']} here, 1.0.0 then" in str(differing["lineage.json"])
    assert "files.lineage.json is" in str(differing["manifest.json"])


def test_training_code_of_ours_that_has_changed_is_named(small: World) -> None:
    lineage = json.loads((small.by_hand.folder / "lineage.json").read_bytes())
    files = {**lineage["code"]["files"], "functions/domain/parity.py": "0" * 64}
    (note,) = again(small, register(small, code={**lineage["code"], "files": files}), small.folder).notes
    assert note == "Trimtab's own training code has changed since: functions/domain/parity.py"


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"data": None}, "came ready-made"), ({"data": {"sha256": "x"}}, "before snapshots were kept")],
)
def test_a_version_that_nothing_was_kept_of_says_why(small: World, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConflictError, match=said):
        again(small, register(small, **changed), small.folder)


def test_a_version_whose_file_was_changed_is_not_trusted(small: World) -> None:
    digest = register(small)
    small.s3.objects[BUCKET, "artifacts/model=small/version=1/model.onnx"] += b"x"
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx"):
        again(small, digest, small.folder)
    with pytest.raises(NotFoundError):
        reproduce(small.lake, "small", 2, digest, None, lambda line: None)


def test_a_deployment_takes_along_what_was_learnt_from(small: World) -> None:
    beside = {path.name: path.read_bytes() for path in kept_beside(small.by_hand.folder).iterdir()}
    assert kept_training("small", small.by_hand.folder) == beside


@pytest.mark.parametrize("suffix", ["json", "zip"])
def test_a_deployment_without_what_was_learnt_from_is_refused(small: World, suffix: str) -> None:
    (path,) = kept_beside(small.by_hand.folder).glob(f"*.{suffix}")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CorruptArtifactError, match="was changed after training"):
        kept_training("small", small.by_hand.folder)
    path.unlink()
    with pytest.raises(CorruptArtifactError, match="is missing: run `trimtab train small`"):
        kept_training("small", small.by_hand.folder)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1] is 3, not 2"),
        ({"a": 1}, {}, "a is missing"),
        ({}, {"a": 1}, "a is new"),
        ([1], [1, 2], " has 2 entries, not 1"),
        ({"a": 1}, {"a": 1.0}, "a is 1.0, not 1"),
        ({"a": True}, {"a": 1}, "a is 1, not True"),
        ("x" * 80, "y", f"the document is 'y', not '{'x' * 59}…"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, None),
    ],
)
def test_the_first_difference_is_told_by_its_path(before: Any, after: Any, said: str | None) -> None:
    assert first_difference(before, after) == said
