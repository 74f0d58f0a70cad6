"""What `register` makes of an upload; killed at any call, beside itself, and with what was tampered with."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.register_call import RegisterCall
from functions.adapters.signed_versions import SignedVersions
from functions.domain.approval import ApprovalConfig, Mode
from functions.domain.audit import verify
from functions.domain.caller import caller_of
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    InvalidRequestError,
    MisconfiguredError,
    NotFoundError,
    UnavailableError,
)
from functions.domain.signature import Signature
from functions.register import handler as entry
from functions.register.register import register
from functions.register.request import RegisterRequest
from functions.register.settings import Settings
from functions.register.tools import Tools
from tests.contract.fake_kms import KEY, FakeKms
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.register.registering import register_tools
from tests.functions.roll_out.around import settings_of
from tests.functions.roll_out.killing import Calls, KilledError, Watched
from tests.functions.roll_out.trained import MODEL, prefix_of, trained

BUCKET, TIME = "artifacts", "2013-03-01T00:00:00Z"
ARTIFACT = trained()
VERSION = f"artifacts/model={MODEL}/version=1/"
EVENT: dict[str, Any] = {
    "action": "register",
    "model": MODEL,
    "artifact": prefix_of(ARTIFACT),
    "author": "Ann",
    "person": "ann",
    "time": TIME,
    "evidence": None,
}
CONTEXT = SimpleNamespace(aws_request_id="request-1")


class World:
    """An upload, and a model whose versions are approved as `mode` says."""

    def __init__(self, mode: Mode = "auto") -> None:
        self.table, self.s3, self.kms = FakeTable(), FakeS3(), FakeKms()
        config = replace(settings_of(MODEL), approval=ApprovalConfig(mode))
        MonitoringRegistry(self.table).configure(config, "a deployment", TIME)
        for name, body in ARTIFACT.files.items():
            self.s3.objects[BUCKET, prefix_of(ARTIFACT) + name] = body

    def tools(self, watched: Callable[[Any], Any] = lambda fake: fake) -> Tools:
        return register_tools(watched(self.table), watched(self.s3), BUCKET, watched(self.kms))

    def registers(self, tools: Tools | None = None, **changes: Any) -> dict[str, Any]:
        return register(RegisterRequest.from_event(EVENT | changes), tools or self.tools())

    @property
    def versions(self) -> SignedVersions:
        return self.tools().versions


def watched_by(calls: Calls) -> Callable[[Any], Any]:
    def watched(fake: Any) -> Any:
        return Watched(fake, calls)

    return watched


def test_an_upload_becomes_a_version_that_is_kept_signed_and_approved() -> None:
    world = World()
    assert world.registers() == {
        "version": 1,
        "state": "approved",
        "signed": True,
        "waits": None,
        "steps": ["registered version 1", "approved version 1"],
    }
    version = world.tools().registry.version(MODEL, 1)
    assert (version.author, version.author_person) == ("Ann", "ann")
    assert world.versions.verified(version) == ARTIFACT
    assert Signature.from_bytes(world.s3.objects[BUCKET, VERSION + "signature.json"]).key == KEY


@pytest.mark.parametrize(("mode", "people"), [("one", "one person"), ("two", "two people")])
def test_where_people_must_approve_it_waits_and_says_for_whom(mode: Any, people: str) -> None:
    world = World(mode)
    answer = world.registers()
    assert (answer["state"], answer["steps"]) == ("registered", ["registered version 1"])
    assert answer["waits"] == f"version 1 of flights waits until {people} approved it; its author may not"
    assert world.tools().registry.model(MODEL).candidate is None
    assert world.versions.verified(world.tools().registry.version(MODEL, 1)) == ARTIFACT, "it is signed all the same"


def test_registered_again_it_is_what_it_was() -> None:
    world = World()
    first = world.registers()
    before, objects = world.table.head(), dict(world.s3.objects)
    again = world.registers(author="Bob", person="bob", time="2013-03-09T00:00:00Z")
    assert again == {**first, "steps": []}
    assert (world.table.head(), world.s3.objects) == (before, objects)


def test_the_gates_decision_is_what_it_is_approved_for() -> None:
    world = World("one")
    evidence = {"at": "2013-02-28T00:00:00Z", "gate": "gates/model=flights/e-1.json", "execution": "e-1"}
    world.registers(author="gate", person=None, evidence=evidence)
    version = world.tools().registry.version(MODEL, 1)
    assert (version.author_person, version.proposal.evidence_at) == (None, "2013-02-28T00:00:00Z")
    assert '"gate":"gates/model=flights/e-1.json"' in list(world.table.entries())[-1].body


def test_registered_again_when_its_evidence_is_too_old_it_can_be_approved_again() -> None:
    world, bob, later = World("one"), caller_of("arn:aws:iam::123456789012:user/bob"), "2013-05-01T00:00:00Z"
    world.registers()
    with pytest.raises(ConflictError, match="cannot be approved"):
        world.tools().approvals.approve(MODEL, 1, bob, "", later)
    assert "waits until one person" in world.registers(time=later)["waits"]
    assert world.tools().approvals.approve(MODEL, 1, bob, "", later).state == "approved"
    assert world.registers(time=later) == {**world.registers(time=later), "state": "approved", "waits": None}


def test_what_was_rejected_is_not_registered_again() -> None:
    world = World("one")
    world.registers()
    world.tools().approvals.reject(MODEL, 1, caller_of("arn:aws:iam::123456789012:user/bob"), "worse", TIME)
    with pytest.raises(ConflictError, match="version 1 is rejected: worse"):
        world.registers()


@pytest.mark.parametrize("mode", ["auto", "two"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call_the_next_run_finishes_and_no_version_is_approved_unsigned(mode: Any, when: Any) -> None:
    for number in range(100):
        world, calls = World(mode), Calls(number, when)
        try:
            world.registers(world.tools(watched_by(calls)))
        except KilledError:
            tools = world.tools()
            if tools.registry.model(MODEL).candidate is not None:
                assert tools.versions.verified(tools.registry.version(MODEL, 1)) == ARTIFACT
            world.registers()
        else:
            break
        version = world.tools().registry.version(MODEL, 1)
        assert world.versions.verified(version) == ARTIFACT, f"killed {when} call {number}"
        assert version.state == ("approved" if mode == "auto" else "registered")
        assert world.tools().registry.model(MODEL).versions == 1
        assert verify(world.table.entries(), world.table.head()) == []
    assert number > 15


def test_two_that_register_at_once_agree_on_one_signature() -> None:
    calls = Calls()
    whole = World()
    whole.registers(whole.tools(watched_by(calls)))
    for number in range(len(calls.names)):
        world = World()
        overtaken = Calls(number, "before", instead=world.registers)
        answer = world.registers(world.tools(watched_by(overtaken)))
        assert (answer["version"], answer["state"]) == (1, "approved")
        assert world.versions.verified(world.tools().registry.version(MODEL, 1)) == ARTIFACT


@pytest.mark.parametrize("name", sorted(ARTIFACT.files))
def test_an_upload_with_a_changed_file_is_refused_before_anything_is_written(name: str) -> None:
    world = World()
    world.s3.objects[BUCKET, prefix_of(ARTIFACT) + name] = b"something else"
    before = world.table.head()
    with pytest.raises(CorruptArtifactError, match=name):
        world.registers()
    assert world.table.head() == before
    assert not [key for _, key in world.s3.objects if key.startswith("artifacts/")]


@pytest.mark.parametrize("name", [*sorted(ARTIFACT.files), "layer.zip"])
def test_what_lies_already_under_the_number_and_is_another_is_never_signed(name: str) -> None:
    world = World()
    world.s3.objects[BUCKET, VERSION + name] = b"something else"
    with pytest.raises(CorruptArtifactError, match="holds other content than was registered"):
        world.registers()
    assert (BUCKET, VERSION + "signature.json") not in world.s3.objects
    assert world.tools().registry.model(MODEL).candidate is None


def test_a_signature_that_lies_there_and_is_not_ours_is_refused() -> None:
    world = World()
    forged = FakeKms().sign(KEY, b"x", "RAW", "ECDSA_SHA_256")["Signature"]
    world.s3.objects[BUCKET, VERSION + "signature.json"] = Signature(KEY, forged).to_bytes()
    with pytest.raises(CorruptArtifactError, match=r"signature\.json of version 1 of flights does not fit"):
        world.registers()
    assert world.tools().registry.model(MODEL).candidate is None


def test_without_the_models_stack_nothing_is_registered() -> None:
    world = World()
    world.table.items.clear()
    with pytest.raises(NotFoundError, match="no settings of flights: deploy the model's stack"):
        world.registers()
    assert world.table.items == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": "deploy"}, "action is 'register', not 'deploy'"),
        ({"model": "../flights"}, "must be a model's name"),
        ({"artifact": "artifacts/model=flights/version=1/"}, "must be 'incoming/"),
        ({"author": ""}, "author must be text"),
        ({"person": 7}, "person must be text"),
        ({"time": "yesterday"}, "time 'yesterday' is not of the form"),
        ({"evidence": "good"}, "evidence must be an object"),
        ({"evidence": {}}, "at must be text"),
    ],
)
def test_a_malformed_event_is_answered_with_what_is_wrong(
    changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    monkeypatch.setattr(entry, "build", world.tools)
    before = world.table.head()
    answer = entry.handler(EVENT | changes, CONTEXT)
    assert words in answer["error"]
    assert answer["kind"] == "InvalidRequestError"
    assert world.table.head() == before


class Lambda:
    """boto3's `invoke`, answered by the handler, or as `answers` has it."""

    def __init__(self, answer: Callable[[bytes], bytes], **beside: Any) -> None:
        self._answer, self._beside = answer, beside

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        body = self._answer(Payload)
        return {"Payload": SimpleNamespace(read=lambda: body), **self._beside}


def test_who_asks_gets_the_answer_or_the_same_error_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(entry, "build", world.tools)

    def handled(payload: bytes) -> bytes:
        return json.dumps(entry.handler(json.loads(payload), CONTEXT)).encode()

    call = RegisterCall(Lambda(handled), "trimtab-test-register")
    assert call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)["version"] == 1
    refused: list[tuple[str, type[Exception]]] = [
        (prefix_of(trained(2)), NotFoundError),
        ("elsewhere/", InvalidRequestError),
    ]
    for artifact, error in refused:
        with pytest.raises(error):
            call.register(MODEL, artifact, "ann", "ann", TIME)
    del world.s3.objects[BUCKET, prefix_of(ARTIFACT) + "model.onnx"]
    world.s3.objects[BUCKET, prefix_of(ARTIFACT) + "model.onnx"] = b"another"
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx"):
        call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)


@pytest.mark.parametrize(
    ("body", "beside"),
    [
        (b'{"errorMessage":"no memory"}', {"FunctionError": "Unhandled"}),
        (b"not json", {}),
        (b"[]", {}),
        (b'{"error":"KMS did not answer","kind":"UnavailableError"}', {}),
        (b'{"error":"?","kind":"SystemExit"}', {}),
    ],
)
def test_a_failure_of_the_function_is_an_error_of_the_service(body: bytes, beside: dict[str, str]) -> None:
    call = RegisterCall(Lambda(lambda _: body, **beside), "trimtab-test-register")
    with pytest.raises(UnavailableError):
        call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)


ENVIRONMENT = {"REGISTRY_TABLE": "registry", "ARTIFACT_BUCKET": "artifacts", "SIGNING_KEY": KEY}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    assert Settings.from_environment(ENVIRONMENT).signing_key == KEY
    with pytest.raises(MisconfiguredError, match=f"{name} is not set"):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})
