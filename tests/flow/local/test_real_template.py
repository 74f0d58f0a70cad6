"""The local cloud under the template that would be deployed: what it takes to start, and what it lists as not done."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from tests.contract.local.cloud import LocalCloud, children_of, running
from trimtab.project import Project
from trimtab.synth import synthesise

START_BAR_S = 30.0


@pytest.fixture(scope="module")
def assembly(project: Project) -> Path:
    """The real app's assembly for stage local, made anew only if its sources changed."""
    return synthesise(project, "local")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("real") / "state"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cloud(state: Path, assembly: Path) -> Iterator[LocalCloud]:
    with running(state, assembly) as cloud:
        yield cloud


def test_every_resource_of_the_template_is_made(cloud: LocalCloud, assembly: Path) -> None:
    status = cloud.control("status")[1]
    for path in assembly.glob("*.template.json"):
        resources = json.loads(path.read_text())["Resources"]
        wanted = [name for name, resource in resources.items() if resource["Type"] != "AWS::CDK::Metadata"]
        assert status["stacks"][path.name.removesuffix(".template.json")] == len(wanted)


def test_what_is_not_done_is_a_short_list_with_reasons(cloud: LocalCloud) -> None:
    listed = cloud.control("status")[1]["not_done"]
    assert 5 <= len(listed) <= 16
    assert all(entry["why"] for entry in listed)
    assert "WAF's managed rule groups" in {entry["what"] for entry in listed}


def test_before_the_first_release_the_model_says_that_there_is_none(cloud: LocalCloud) -> None:
    live = cloud.get("/flights/v2/health/live")
    assert live.status == 200
    gateway, ssm = cloud.client("apigateway"), cloud.client("ssm")
    key_id = ssm.get_parameter(Name="/trimtab/local/models/flights/api_key_id")["Parameter"]["Value"]
    key = gateway.get_api_key(apiKey=key_id, includeValue=True)["value"]
    answer = cloud.get("/flights/v2/health/ready", **{"x-api-key": key})
    assert answer.status == 503
    assert "release" in answer.json()["error"]
    assert cloud.get("/flights/v2/health/ready").status == 403


def test_applying_the_same_assembly_again_changes_nothing(cloud: LocalCloud, assembly: Path) -> None:
    done = cloud.control("deploy", {"assembly": str(assembly)})[1]["resources"]
    assert (done["created"], done["changed"], done["removed"]) == (0, 0, 0)


def test_a_killed_cloud_with_a_thousand_objects_and_five_hundred_writes_is_back_in_time(
    cloud: LocalCloud, state: Path, assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3, table = cloud.client("s3"), cloud.client("dynamodb")
    for number in range(1000):
        s3.put_object(Bucket="trimtab-local-data-123456789012-us-east-1", Key=f"k/{number}", Body=b"x" * 3000)
    for number in range(500):
        item = {"pk": {"S": f"test#{number}"}, "sk": {"S": "x"}}
        table.put_item(TableName="trimtab-local-registry", Item=item)
    cloud.kill()
    begun = perf_counter()
    with running(state, assembly) as again:
        took = perf_counter() - begun
        with capsys.disabled():
            print(f"\nlocal cloud back after kill -9 with 1,000 objects and 500 writes: {took:.1f} s")
        found = again.client("dynamodb").scan(TableName="trimtab-local-registry", Select="COUNT")["Count"]
        assert found >= 500
        assert again.stop() == 0
        assert children_of(again) == []
    assert took < START_BAR_S
