"""From a CSV file to an HTTP answer in two commands, and on as one file to the same answer of another checkout."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sklearn import datasets

from functions.domain.bundle import read_bundle, write_bundle
from functions.domain.canonical_json import digest_of
from functions.domain.release_artifact import MANIFEST, listing, open_artifact
from tests.flow.checkouts import ended, make_checkout, run
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


@pytest.fixture(scope="module")
def elsewhere(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another team's checkout, with no model and no cloud: what it imports, it can ask nobody about."""
    return make_checkout(project, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def exported(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Version 1 of `cancer` as one file, and the fingerprint that its export told."""
    file = tmp_path_factory.mktemp("exported") / "cancer.trimtab"
    told = json.loads(run(checkout, "export", "cancer", "1", str(file), "--json"))
    return file, told["signer"]


def test_an_exported_version_answers_from_another_checkout_as_it_did(
    checkout: Path, elsewhere: Path, exported: tuple[Path, str], tmp_path: Path
) -> None:
    """To the bit: JSON spells a float by the shortest text that is read as the same one."""
    file, signer = exported
    rows = write_csv(tmp_path / "rows.csv", datasets.load_breast_cancer())

    run(elsewhere, "import", str(file), "--as", "cancer-there", "--trust", signer)
    deployed = json.loads(run(elsewhere, "deploy", "cancer-there", "--json", cloud_of=checkout))
    here = json.loads(run(checkout, "predict", "cancer", "--file", str(rows), "--json"))["predictions"]
    there = json.loads(run(elsewhere, "predict", "cancer-there", "--file", str(rows), "--json", cloud_of=checkout))

    assert (deployed["model_version"], deployed["live"]) == (1, deployed["release"])
    answers = [[(one["label"], one["probability"]) for one in answered] for answered in (here, there["predictions"])]
    assert answers[0] == answers[1]
    assert len({probability for _, probability in answers[0]}) > 100
    acts = run(checkout, "audit", "export", "--model", "cancer-there").splitlines()
    (origin,) = [act["details"]["from"] for act in map(json.loads, acts) if act["action"] == "artifact.imported"]
    assert (origin["model"], origin["version"], origin["signer"]) == ("cancer", 1, signer)


def test_a_version_of_a_signer_whom_nobody_named_is_not_imported(
    project: Project, exported: tuple[Path, str], tmp_path: Path
) -> None:
    file, signer = exported
    root = make_checkout(project, tmp_path)
    refused = ended(root, "import", str(file))
    assert refused.returncode == 1
    assert f"--trust {signer}" in refused.stderr
    assert list((root / "models").iterdir()) == []


def test_an_altered_version_is_not_imported_though_every_digest_in_it_is_right(
    elsewhere: Path, exported: tuple[Path, str], tmp_path: Path
) -> None:
    file, signer = exported
    bundle = read_bundle(file.read_bytes())
    files = {name: body for name, body in bundle.artifact.files.items() if name != MANIFEST}
    files["witness.json"] += b" "
    manifest = listing("cancer", files)
    altered = open_artifact("cancer", digest_of(manifest), {**files, MANIFEST: manifest})
    forged = tmp_path / "forged.trimtab"
    forged.write_bytes(write_bundle(replace(bundle, artifact=altered)))
    refused = ended(elsewhere, "import", str(forged), "--as", "forged", "--trust", signer)
    assert refused.returncode == 4
    assert "is not the key's over version 1 of cancer" in refused.stderr
    assert not (elsewhere / "models" / "forged").exists()
