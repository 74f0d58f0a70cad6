"""The local cloud's state survives a restart and a kill -9, and its processes never outlive it."""

import gzip
import json
import signal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud, children_of, launch, running, start
from tests.contract.local.template import api_resources, base_resources, function, web_acl, write_assembly


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def seen(cloud: LocalCloud) -> dict[str, Any]:
    """All that must be the same after a restart."""
    s3, lambda_, gateway = cloud.client("s3"), cloud.client("lambda"), cloud.client("apigateway")
    versions = s3.list_object_versions(Bucket="tiny-data").get("Versions", [])
    items = cloud.client("dynamodb").scan(TableName="tiny")["Items"]
    functions = {f["FunctionName"]: f["RevisionId"] for f in lambda_.list_functions()["Functions"]}
    return {
        "objects": [(v["Key"], v["VersionId"], v["ETag"], v["LastModified"]) for v in versions],
        "items": sorted(items, key=lambda item: item["pk"]["S"]),
        "functions": functions,
        "versions": [v["CodeSha256"] for v in lambda_.list_versions_by_function(FunctionName="work")["Versions"]],
        "aliases": lambda_.list_aliases(FunctionName="work")["Aliases"],
        "layers": lambda_.list_layers()["Layers"],
        "keys": [(key["id"], key["value"]) for key in gateway.get_api_keys(includeValues=True)["items"]],
        "roles": [role["Arn"] for role in cloud.client("iam").list_roles()["Roles"]],
    }


def fill(cloud: LocalCloud) -> None:
    """Some state of each kind, with writes that fail among those that do not."""
    s3, table, lambda_ = cloud.client("s3"), cloud.client("dynamodb"), cloud.client("lambda")
    s3.put_bucket_versioning(Bucket="tiny-data", VersioningConfiguration={"Status": "Enabled"})
    for number in range(20):
        s3.put_object(Bucket="tiny-data", Key=f"k {number % 15}/ü%", Body=bytes([number]) * 5000, Metadata={"a_b": "1"})
    s3.delete_object(Bucket="tiny-data", Key="k 3/ü%")
    for number in range(10):
        put = {"TableName": "tiny", "Item": {"pk": {"S": str(number % 7)}, "n": {"N": str(number)}}}
        try:
            table.put_item(**put, ConditionExpression="attribute_not_exists(pk)")
        except ClientError:
            table.update_item(
                TableName="tiny", Key={"pk": {"S": str(number % 7)}}, UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )  # fmt: skip
    layer = lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": b"PK\x05\x06" + b"\0" * 18})
    lambda_.update_function_configuration(FunctionName="work", Layers=[layer["LayerVersionArn"]])
    lambda_.publish_version(FunctionName="work")
    lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")


def test_everything_is_there_again_after_a_kill_and_after_a_stop(state: Path, assembly: Path) -> None:
    with running(state, assembly) as cloud:
        fill(cloud)
        before = seen(cloud)
        assert before["objects"]
        assert before["items"]
        cloud.kill()
    with running(state, assembly) as cloud:
        assert seen(cloud) == before
        answer = cloud.client("lambda").invoke(FunctionName="work", Qualifier="live", Payload=b"{}")
        assert answer["ExecutedVersion"] == "1"
        assert cloud.stop() == 0
    with running(state, assembly) as cloud:
        assert seen(cloud) == before


def test_a_line_that_a_kill_cut_off_is_dropped_and_the_journal_goes_on(state: Path, assembly: Path) -> None:
    with running(state, assembly) as cloud:
        cloud.client("s3").put_object(Bucket="tiny-data", Key="first", Body=b"1")
        cloud.kill()
    with (state / "moto/calls.jsonl").open("ab") as journal:
        journal.write(b'{"n": 99, "t": 1, "m": "PUT", "u": "/tiny-data/sec')
    with running(state, assembly) as cloud:
        cloud.client("s3").put_object(Bucket="tiny-data", Key="third", Body=b"3")
        cloud.kill()
    with running(state, assembly) as cloud:
        found = cloud.client("s3").list_objects_v2(Bucket="tiny-data")["Contents"]
        assert [entry["Key"] for entry in found] == ["first", "third"]


def test_the_days_quota_survives_a_kill(state: Path, assembly: Path) -> None:
    def call(cloud: LocalCloud) -> int:
        value = cloud.client("apigateway").get_api_keys(includeValues=True)["items"][0]["value"]
        return cloud.get("/tiny/items/7", **{"x-api-key": value}).status

    with running(state, assembly) as cloud:
        assert [call(cloud) for _ in range(4)] == [200] * 4
        cloud.kill()
    with running(state, assembly) as cloud:
        assert [call(cloud) for _ in range(3)] == [200, 429, 429]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_cloud(state: Path, assembly: Path, number: signal.Signals) -> None:
    with running(state, assembly) as cloud:
        cloud.client("lambda").invoke(FunctionName="work", Payload=b"{}")
        cloud.client("lambda").invoke(FunctionName="work", InvocationType="Event", Payload=b'{"sleep": 60}')
        deadline = monotonic() + 10
        while not children_of(cloud) and monotonic() < deadline:
            sleep(0.05)
        assert children_of(cloud)
        cloud.process.send_signal(number)
        cloud.process.wait(timeout=30)
        deadline = monotonic() + 5
        while children_of(cloud) and monotonic() < deadline:
            sleep(0.05)
        assert children_of(cloud) == []
        assert (state / "cloud.json").exists() == (number == signal.SIGKILL)


def test_it_stops_when_it_is_asked_to(state: Path, assembly: Path) -> None:
    with running(state, assembly) as cloud:
        assert cloud.control("stop", {}) == (200, {"stopping": True})
        assert cloud.process.wait(timeout=20) == 0
        assert not (state / "cloud.json").exists()


def test_records_taken_before_a_kill_are_delivered_once_after_it(state: Path, assembly: Path) -> None:
    with running(state, assembly) as cloud:
        firehose = cloud.client("firehose")
        for number in range(20):
            firehose.put_record(DeliveryStreamName="tiny-stream", Record={"Data": f'{{"n": {number}}}\n'.encode()})
        cloud.kill()
    for _ in range(2):
        with running(state, assembly) as cloud:
            cloud.control("flush", {})
            assert delivered(cloud) == list(range(20))
            cloud.kill()


def delivered(cloud: LocalCloud) -> list[int]:
    s3 = cloud.client("s3")
    found = []
    for entry in s3.list_objects_v2(Bucket="tiny-data", Prefix="raw/").get("Contents", []):
        body = gzip.decompress(s3.get_object(Bucket="tiny-data", Key=entry["Key"])["Body"].read())
        found += [json.loads(line)["n"] for line in body.splitlines()]
    return sorted(found)


def test_two_clouds_never_share_a_state_folder(state: Path, assembly: Path) -> None:
    with running(state, assembly) as cloud:
        second, log = launch(state, assembly)
        assert second.wait(timeout=30) == 1
        assert f"another local cloud (process {cloud.process.pid}) works on" in log.read_text()
        assert cloud.get("/tiny/open").status == 200


def test_a_taken_port_is_one_clear_line(state: Path, assembly: Path, cloud: LocalCloud) -> None:
    process, log = launch(state, assembly, port=int(cloud.gateway.rpartition(":")[2]))
    assert process.wait(timeout=30) == 1
    lines = log.read_text().splitlines()
    assert len(lines) == 1
    assert "is taken, so the gateway can't start there" in lines[0]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"Odd": {"Type": "AWS::Odd::Thing"}}, "does not know AWS::Odd::Thing (Odd)"),
        ({"B": {"Type": "AWS::S3::Bucket", "Properties": {"Odd": 1}}}, "does not know the property Odd"),
        ({"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "No"}}}}, "Ref to No"),
        ({"F": function("f", "handler") | {"DependsOn": []}}, "does not know Role.Arn"),
        ({"F": function("f", "handler", Runtime="nodejs22.x", Role="r")}, "python3.13 only"),
    ],
)  # fmt: skip
def test_what_the_template_asks_for_and_is_not_known_is_one_clear_line(
    state: Path, tmp_path: Path, resources: dict[str, Any], expected: str
) -> None:
    process, log = launch(state, write_assembly(tmp_path / "assembly", resources))
    assert process.wait(timeout=60) == 1
    lines = log.read_text().splitlines()
    assert len(lines) == 1
    assert expected in lines[0]


def test_a_missing_asset_is_one_clear_line(state: Path, tmp_path: Path) -> None:
    folder = write_assembly(tmp_path / "assembly", base_resources())
    next(folder.glob("asset.*")).unlink()
    process, log = launch(state, folder)
    assert process.wait(timeout=30) == 1
    assert "is missing: synthesise again" in log.read_text()


def test_a_running_cloud_takes_a_changed_assembly(state: Path, tmp_path: Path) -> None:
    first = write_assembly(tmp_path / "first", base_resources())
    changed = base_resources() | api_resources()
    changed["Work"]["Properties"]["Timeout"] = 9
    del changed["Web"], changed["CustomFunction"], changed["Made"]
    changed["Web"] = function("web", "web", Timeout=5)
    second = write_assembly(tmp_path / "second", changed)
    cloud = start(state, first)
    try:
        lambda_ = cloud.client("lambda")
        drifted = {"Variables": {"STREAM": "x", "MODEL_VERSION": "4"}}
        lambda_.update_function_configuration(FunctionName="web", Environment=drifted)
        status, answer = cloud.control("deploy", {"assembly": str(second)})
        assert status == 200
        assert answer["resources"]["changed"] == 1
        assert answer["resources"]["removed"] == 2
        assert answer["urls"] == {"tiny": f"{cloud.gateway}/tiny"}
        assert lambda_.get_function_configuration(FunctionName="work")["Timeout"] == 9
        kept = lambda_.get_function_configuration(FunctionName="web")["Environment"]
        assert kept == drifted  # as in CloudFormation, what the template did not change is left as it is
        assert cloud.get("/tiny/open").status == 200
        third = write_assembly(tmp_path / "third", changed | {"Acl": web_acl("hello")})
        assert cloud.control("deploy", {"assembly": str(third)})[1]["resources"]["changed"] == 1
        assert cloud.get("/tiny/open", **{"X-Say": "hello"}).status == 451
        assert cloud.control("deploy", {"assembly": str(second)})[1]["resources"]["changed"] == 1
        again = cloud.control("deploy", {"assembly": str(second)})[1]["resources"]
        assert (again["created"], again["changed"], again["removed"]) == (0, 0, 0)
        assert cloud.control("deploy", {"assembly": str(tmp_path / "none")})[0] == 409
    finally:
        cloud.kill()


def test_a_custom_resource_gets_cloudformations_event(cloud: LocalCloud) -> None:
    made = json.loads((cloud.state / "stacks/trimtab-local-model-tiny.json").read_text())["resources"]["Made"]
    assert made["physical_id"] == "made-by-hand"
    assert made["attributes"]["Request"] == "Create"
    asked = json.loads(made["attributes"]["Asked"])
    assert (asked["Number"], asked["Flag"]) == ("7", "true")
