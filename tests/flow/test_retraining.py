"""Retraining from the assets that would be uploaded: the same bytes as by hand, and every version made again."""

import json
from typing import Any

import pytest

from functions.adapters.candidate_judge import judge
from functions.adapters.candidate_store import fetch_candidate
from functions.adapters.data_lake import DataLake
from functions.adapters.training_rows import read_manifest, read_split
from functions.domain.snapshot_manifest import training_key
from trimtab.deploy import Deployment, upload
from trimtab.function_call import call_function
from trimtab.kept_files import KeptFiles
from trimtab.management import Management
from trimtab.project import Project
from trimtab.reproduce import reproduce
from trimtab.stage import Stage
from trimtab.training import train_if_needed


@pytest.fixture(scope="module")
def snapshot(project: Project, stage: Stage) -> str:
    """The key of the manifest of flights' training by hand."""
    artifact = train_if_needed(project, "flights")
    upload(Management(stage), "flights", artifact)
    lineage: dict[str, Any] = json.loads((artifact / "lineage.json").read_bytes())
    return training_key("flights", lineage["data"]["snapshot"], "json")


@pytest.fixture(scope="module")
def bucket(stage: Stage) -> DataLake:
    return DataLake(stage.client("s3"), stage.names.artifact_bucket)


def test_the_function_fits_what_a_person_fits(project: Project, stage: Stage, snapshot: str, bucket: DataLake) -> None:
    """On this machine; another kind of processor may round otherwise."""
    event = {"model": "flights", "time": "2013-03-01T00:00:00Z", "execution": "flow", "snapshot": snapshot}
    answer = call_function(stage, stage.names.function("retrain", "flights"), event)
    assert answer["decision"] == "fitted"

    candidate = fetch_candidate(bucket, "flights", answer["candidate"])
    parts = read_split(bucket, read_manifest(bucket, "flights", snapshot), candidate.description.features)
    judged = judge(candidate, parts, lambda line: None)
    by_hand = project.artifact("flights")
    if stage.is_local:
        assert judged.files == {path.name: path.read_bytes() for path in by_hand.iterdir()}
    assert judged.parity is not None
    assert judged.parity.largest_difference <= 1e-5


def test_a_registered_version_is_made_again_to_the_byte(stage: Stage, deployment: Deployment) -> None:
    kept = KeptFiles(Management(stage), "flights", deployment.model_version)
    found = reproduce(kept, "flights", deployment.model_version, kept.artifact, None, lambda line: None)
    assert found.identical, found
