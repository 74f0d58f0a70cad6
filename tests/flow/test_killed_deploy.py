"""The whole cloud dies in the middle of a deployment: what was live still is, and deploying again finishes the work."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from shutil import copytree
from time import monotonic, sleep

import pytest
from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from functions.domain.errors import TrimtabError
from functions.domain.names import Names
from functions.domain.release_artifact import MANIFEST
from functions.retrain.artifact import write_artifact
from trimtab import local_process
from trimtab.deploy import deploy
from trimtab.endpoint import find_endpoint
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage
from trimtab.status import model_status
from trimtab.training import example_row, train_if_needed

NAMES = Names(LOCAL, account="", region="")  # no function's name has these two
LIMIT_S = 60.0
pytestmark = pytest.mark.slow  # a run that died is known by a minute's silence


@pytest.fixture
def own_cloud(project: Project, stage_name: str, tmp_path: Path) -> Iterator[Project]:
    """A local cloud that a test may kill."""
    if stage_name != LOCAL:
        pytest.skip("needs the local cloud")
    own = Project(project.root, str(tmp_path / "cloud"))
    local_process.start(own, port=0)
    yield own
    local_process.stop(own)


def another_artifact(artifact: Path, out: Path) -> Path:
    """The same model with a word more in its lineage: another model version."""
    files = {path.name: path.read_bytes() for path in artifact.iterdir() if path.name != MANIFEST}
    lineage = json.loads(files["lineage.json"])
    files["lineage.json"] = json.dumps({**lineage, "note": "another version"}).encode()
    write_artifact(out, "flights", files)
    copytree(f"{artifact}.training", f"{out}.training")
    return out


def kill_when_the_log_says(own: Project, function: str, word: str, before: int) -> None:
    """Kill the cloud's process as soon as a function has printed `word` more than `before` times."""
    log = own.cloud_state / "logs" / "aws" / "lambda" / f"{NAMES.function(function)}.log"
    deadline = monotonic() + LIMIT_S
    while log.read_text().count(word) <= before:
        assert monotonic() < deadline, log.read_text()[-2000:]
        sleep(0.005)
    os.kill(json.loads((own.cloud_state / "cloud.json").read_text())["pid"], signal.SIGKILL)


def attempt(stage: Stage, artifact: Path) -> None:
    """Deploy, whether an answer comes or not."""
    with suppress(TrimtabError, BotoCoreError, HTTPError):
        deploy(stage, "flights", artifact, at_once=True)


@pytest.mark.parametrize(
    ("function", "word"),
    [
        ("register", "registered version"),
        ("register", "approved version"),
        ("roll_out", "configured"),
        ("roll_out", "recorded release"),
        ("roll_out", "gets all of the traffic"),
    ],
)
def test_a_deployment_that_was_killed_is_finished_by_the_next(
    own_cloud: Project, tmp_path: Path, function: str, word: str
) -> None:
    artifact = train_if_needed(own_cloud, "flights")
    stage = open_stage(own_cloud, LOCAL)
    deploy(stage, "flights", artifact, at_once=True)
    second = another_artifact(artifact, tmp_path / "second")

    with ThreadPoolExecutor(1) as beside:
        answered = beside.submit(attempt, stage, second)
        kill_when_the_log_says(own_cloud, function, word, before=1)
        answered.result()
    local_process.start(own_cloud, port=0)
    stage = open_stage(own_cloud, LOCAL)
    endpoint = find_endpoint(stage, "flights")
    between = endpoint.predict([example_row(artifact)])
    done = deploy(stage, "flights", second, at_once=True)

    assert between["model_version"] in (1, 2)
    assert (done.model_version, endpoint.predict([example_row(artifact)])["model_version"]) == (2, 2)
    status = model_status(stage, "flights")
    assert status["alias"]["as_registered"]
    assert [version["number"] for version in status["versions"]] == [1, 2]
