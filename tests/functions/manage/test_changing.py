"""What the calls that change something ask for, note and answer; who did it is who signed, whatever the body says."""

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import pytest

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Change, version_key
from functions.domain.approval import ApprovalConfig
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    LeaseHeldError,
    NotFoundError,
    SmokeTestError,
    UnavailableError,
)
from functions.domain.names import Names
from functions.domain.release_artifact import FILES, listing
from functions.register.request import RegisterRequest
from functions.roll_out.requests import PromoteRequest, Request, RollBackRequest, RollOutRequest, UnbarRequest, wish
from tests.functions.manage.client import BEN, MACHINE, NOW, Client
from tests.functions.manage.test_reading import AT, described
from tests.functions.manage.worlds import ManagedWorld
from tests.functions.snapshot.worlds import MODEL, settings

NAMES = Names("prod", "", "")


@pytest.fixture
def waiting(world: ManagedWorld) -> int:
    """Version 3, which waits for one person's approval; carol's."""
    config = settings({}, {"golden": True}, slices=("colour",))
    policy = {"approval": asdict(ApprovalConfig("one", 2_592_000))}
    MonitoringRegistry(world.table).configure(
        type(config).from_document({**config.to_document(), **policy}), "ann", NOW
    )
    known = world.table.read(version_key(MODEL, 2)).document
    made = {**known, "number": 3, "state": "registered", "reason": None, "evidence_at": "2013-03-11T00:00:00Z"}
    author = {"registered_by": "carol", "author_person": "carol", "approvals": []}
    world.table.commit([Change(version_key(MODEL, 3), {**made, **author}, 0)], [])
    return 3


def asked(client: Client, verb: str) -> dict[str, Any]:
    (found,) = [event for asked, event in client.functions.asked if asked == verb]
    return found


def test_what_roll_out_is_asked_it_understands_and_the_caller_is_the_actor(client: Client) -> None:
    client.functions.answers["roll_out"] = {"model": MODEL, "model_version": 1, "release": 4, "weight": 0.1,
                                            "message": "release 4 gets 10 %", "steps": ["published"]}  # fmt: skip
    calls: list[tuple[str, str, dict[str, Any], type]] = [
        ("roll_out_version", f"{AT}/versions/1/roll-out", {"now": True}, RollOutRequest),
        ("promote_rollout", f"{AT}/promote", {}, PromoteRequest),
        ("roll_back", f"{AT}/roll-back", {"reason": "odd answers", "to": 2}, RollBackRequest),
        ("unbar_release", f"{AT}/releases/3/unbar", {"reason": "it was the network"}, UnbarRequest),
    ]
    for name, path, body, kind in calls:
        client.functions.asked.clear()
        answer = client.post(path, body)
        assert answer.status == 200, answer
        described(name, 200).validate(answer.json)
        wished = wish(asked(client, "roll_out"), NAMES)
        assert isinstance(wished, kind)
        assert isinstance(wished, Request)
        assert (wished.model, wished.actor, wished.time) == (MODEL, "ann", NOW)


def test_what_takes_longer_than_a_client_waits_goes_on(client: Client) -> None:
    client.functions.answers["roll_out"] = None
    answer = client.post(f"{AT}/promote", {})
    assert answer.status == 202
    described("promote_rollout", 202).validate(answer.json)
    assert f"GET {AT}" in answer.json["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("no such release"), 404),
        (ConflictError("it is barred"), 409),
        (LeaseHeldError("another run"), 409),
        (CorruptArtifactError("changed"), 409),
        (SmokeTestError("it answers nothing"), 409),
        (UnavailableError("Lambda did not answer"), 503),
    ],
)
def test_what_others_refuse_has_the_status_of_its_kind(client: Client, error: Any, status: int) -> None:
    client.functions.answers["roll_out"] = error
    answer = client.post(f"{AT}/promote", {})
    assert (answer.status, answer.error) == (status, str(error))


def test_nobody_says_in_the_body_who_he_is_or_when_it_is(client: Client) -> None:
    for field in ("actor", "time", "author", "person", "by"):
        answer = client.post(f"{AT}/roll-back", {"reason": "odd", field: "root"})
        assert answer.status == 400
        assert repr(field) in answer.error
    assert client.functions.asked == []


@pytest.mark.parametrize("given", ["m1", '"m1"', "v1", "nonsense", "", "W/"])
def test_a_change_that_was_decided_on_another_state_is_not_made(client: Client, given: str) -> None:
    answer = client.post(f"{AT}/promote", {}, if_match=given)
    assert answer.status == (409 if "m1" in given else 400)
    assert client.functions.asked == []


def test_a_change_that_was_decided_on_this_state_is_made(client: Client) -> None:
    for etag in (client.get(AT).headers["ETag"], client.get(AT).json["etag"], "*"):
        assert client.post(f"{AT}/promote", {}, if_match=etag).status == 200


def test_a_version_is_approved_by_another_person_with_the_etag_it_was_read_with(client: Client, waiting: int) -> None:
    path = f"{AT}/versions/{waiting}"
    etag = client.get(path).json["etag"]
    answer = client.post(f"{path}/approve", {"comment": "the gain is real"}, if_match=etag)
    assert answer.status == 200, answer
    described("approve_version", 200).validate(answer.json)
    assert (answer.json["state"], answer.json["waits_for"]) == ("approved", None)
    assert answer.headers["ETag"].strip('"') == answer.json["etag"] != etag
    assert client.post(f"{path}/reject", {"comment": "no"}, arn=BEN, if_match=etag).status == 409
    acts = [json.loads(entry.body) for entry in client.world.table.entries()][-2:]
    assert [(act["action"], act["actor"], act["time"]) for act in acts] == [
        ("version.approval_given", "ann", NOW),
        ("version.approved", "ann", NOW),
    ]


def test_who_made_a_version_and_who_is_nobody_may_not_approve_it(client: Client, waiting: int) -> None:
    path = f"{AT}/versions/{waiting}/approve"
    for arn in ("arn:aws:iam::123456789012:user/Carol@example.com", MACHINE):
        answer = client.post(path, {}, arn=arn)
        assert answer.status == 403, answer
    assert client.world.table.read(version_key(MODEL, waiting)).document["state"] == "registered"


def test_a_version_is_rejected_for_a_reason(client: Client, waiting: int) -> None:
    path = f"{AT}/versions/{waiting}/reject"
    assert client.post(path, {}).status == 400
    answer = client.post(path, {"comment": "unfair to the small"}, arn=BEN)
    described("reject_version", 200).validate(answer.json)
    assert (answer.status, answer.json["state"], answer.json["reason"]) == (200, "rejected", "unfair to the small")
    assert client.post(f"{AT}/versions/{waiting}/approve", {}).status == 409


def test_retraining_starts_from_a_table_that_is_up_to_date(client: Client) -> None:
    answer = client.post(f"{AT}/retrain", {})
    assert answer.status == 202, answer
    described("retrain_model", 202).validate(answer.json)
    event = {"model": MODEL, "time": "2013-03-11T11:06:40Z", "by": "ann"}
    assert client.functions.asked == [("compact", event)]
    assert client.machines.started == [{**event, "cause": "person"}]


def test_retraining_waits_for_the_table_unless_it_is_told_not_to(client: Client) -> None:
    client.functions.answers["compact"] = None
    answer = client.post(f"{AT}/retrain", {})
    assert (answer.status, client.machines.started) == (409, [])
    assert "ask again" in answer.error
    assert client.post(f"{AT}/retrain", {"refresh": False}).status == 202
    assert len(client.machines.started) == 1


def test_a_model_that_is_hosted_elsewhere_is_not_retrained_here(client: Client) -> None:
    client.world.add_external()
    answer = client.post("/models/tides/retrain", {})
    assert (answer.status, client.functions.asked) == (400, [])


def test_rows_are_released_from_quarantine_once(client: Client) -> None:
    body = {"sender": "quay", "start": "2013-03-01T00:00:00+01:00", "reason": "a new scale"}
    for new in (True, False):
        answer = client.post(f"{AT}/quarantine/release", body)
        assert answer.status == 200, answer
        described("release_quarantine", 200).validate(answer.json)
        assert answer.json["new"] is new
    released = answer.json["released"]
    assert (released["actor"], released["start"]) == ("ann", "2013-02-28T23:00:00Z")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "why"},
        {"reason": "why", "id": "1", "sender": "quay"},
        {"id": "1"},
        {"id": "1", "reason": " "},
        {"id": "1", "reason": "why", "start": "2013-03-01"},
        {"sender": "quay", "reason": "why", "start": "yesterday"},
        {"sender": "quay", "reason": "why", "start": "2013-03-02T00:00:00Z", "end": "2013-03-01T00:00:00Z"},
        {"sender": "quay", "reason": "a\nline"},
    ],
)
def test_a_release_that_says_too_little_or_too_much_is_none(client: Client, body: dict[str, str]) -> None:
    assert client.post(f"{AT}/quarantine/release", body).status == 400


def manifest() -> str:
    return listing(MODEL, {name: name.encode() for name in FILES}).decode()


def test_an_upload_opens_a_url_for_each_file_of_the_manifest_and_for_no_other(client: Client) -> None:
    answer = client.post(f"{AT}/uploads", {"manifest": manifest()})
    assert answer.status == 200, answer
    described("open_upload", 200).validate(answer.json)
    prefix = f"incoming/model={MODEL}/{sha256(manifest().encode()).hexdigest()}/"
    assert answer.json["artifact"] == prefix
    assert [one["name"] for one in answer.json["files"]][-1] == "manifest.json", "it says that all is there"
    assert {one["name"] for one in answer.json["files"]} == {*FILES, "manifest.json"}
    assert all(one["url"] == f"https://bucket/{prefix}{one['name']}?signed" for one in answer.json["files"])


@pytest.mark.parametrize("text", [
    "{}", "[]", "null", "1e999", '{"v":2,"model":"other","files":{}}', "x" * 40_000,
    manifest().replace("model.onnx", "../model.onnx"), manifest().replace(sha256(b"model.onnx").hexdigest(), "short"),
])  # fmt: skip
def test_an_upload_of_anything_else_is_refused(client: Client, text: str) -> None:
    assert client.post(f"{AT}/uploads", {"manifest": text}).status == 400


def test_what_a_version_was_learnt_from_is_taken_along_once(client: Client) -> None:
    digest = "a" * 64
    answer = client.post(f"{AT}/uploads", {"manifest": manifest(), "training": [f"{digest}.npz"]})
    described("open_upload", 200).validate(answer.json)
    (file,) = answer.json["training"]
    assert file["url"] == f"https://bucket/training/model={MODEL}/{digest}.npz?signed"
    assert file["headers"]["if-none-match"] == "*"


@pytest.mark.parametrize(
    "names", ["x", [f"{'a' * 64}.parquet"], ["../x.npz"], [f"{'A' * 64}.npz"], [1], ["a.npz"] * 21]
)
def test_anything_else_is_not_taken_along(client: Client, names: object) -> None:
    assert client.post(f"{AT}/uploads", {"manifest": manifest(), "training": names}).status == 400


def test_register_is_asked_with_the_caller_as_the_author_and_no_evidence(client: Client) -> None:
    client.functions.answers["register"] = {"version": 3, "state": "approved", "signed": True, "steps": ["registered"]}
    artifact = f"incoming/model={MODEL}/{'a' * 64}/"
    answer = client.post(f"{AT}/versions", {"artifact": artifact})
    assert answer.status == 201, answer
    described("register_version", 201).validate(answer.json)
    event = RegisterRequest.from_event(asked(client, "register"))
    assert (event.author, event.person, event.evidence, event.artifact) == ("ann", "ann", None, artifact)
    other = artifact.replace(MODEL, "other")
    assert client.post(f"{AT}/versions", {"artifact": other}).status == 400
    assert client.post(f"{AT}/versions", {"artifact": artifact, "evidence": {}}).status == 400


def test_roll_out_of_what_there_is_none_asks_nobody(client: Client) -> None:
    assert client.post(f"{AT}/versions/9/roll-out", {}).status == 404
    assert client.post("/models/nobody/promote", {}).status == 404
    assert client.functions.asked == []
    assert Registry(client.world.table).model(MODEL).candidate == 2
