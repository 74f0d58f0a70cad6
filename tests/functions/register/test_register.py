"""What `register` makes of an upload; killed at any call, beside itself, and with what was tampered with."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.domain.audit import verify
from functions.domain.caller import caller_of
from functions.domain.errors import AccessDeniedError, ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.signature import Signature
from tests.contract.fake_kms import KEY, FakeKms
from tests.functions.register.worlds import ARTIFACT, BUCKET, TIME, VERSION, World
from tests.functions.roll_out.killing import Calls, KilledError, Watched
from tests.functions.roll_out.trained import MODEL, prefix_of


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


def test_what_was_done_is_in_the_functions_log_as_far_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    world, calls = World(), Calls()
    world.registers(world.tools(watched_by(calls)))
    assert capsys.readouterr().out.splitlines() == ["flights: registered version 1", "flights: approved version 1"]
    killed, world = Calls(calls.names.index("sign"), "after"), World()
    with pytest.raises(KilledError):
        world.registers(world.tools(watched_by(killed)))
    assert capsys.readouterr().out.splitlines() == ["flights: registered version 1"]


@pytest.mark.parametrize(("mode", "people"), [("one", "one person"), ("two", "two people")])
def test_where_people_must_approve_it_waits_and_says_for_whom(mode: Any, people: str) -> None:
    world = World(mode)
    answer = world.registers()
    assert (answer["state"], answer["steps"]) == ("registered", ["registered version 1"])
    assert answer["waits"] == f"version 1 of flights waits until {people} approved it; its author may not"
    assert world.tools().registry.model(MODEL).candidate is None
    assert world.versions.verified(world.tools().registry.version(MODEL, 1)) == ARTIFACT, "it is signed all the same"


def test_where_people_must_approve_nobody_is_no_author_but_a_pipeline_is() -> None:
    world = World("one")
    with pytest.raises(AccessDeniedError, match="admin/alice is no identity of one person"):
        world.registers(author="admin/alice", person=None)
    assert world.tools().registry.model(MODEL).versions == 0
    assert world.registers(author="trimtab-prod-deployer/run-7", person=None)["version"] == 1
    assert World("auto").registers(author="admin/alice", person=None)["state"] == "approved"


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
