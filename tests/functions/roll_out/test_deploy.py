"""What a deployment does, in a cloud of strict fakes and in moto made strict."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from functions.adapters.registry_store import Change, version_key
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    NotFoundError,
    SmokeTestError,
)
from functions.domain.release_function import is_bootstrap
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import (
    BUCKET,
    FUNCTION,
    TIME,
    FakeWorld,
    MotoWorld,
    assert_sound,
    deploys,
    live,
    moto_world,
)

FIRST, SECOND = trained(1), trained(2)


@pytest.fixture(params=["fake", "slow fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[FakeWorld | MotoWorld]:
    predict = Predict(FIRST, SECOND)
    if request.param == "moto":
        with moto_world(predict) as world:
            yield world
    else:
        yield FakeWorld(predict, slow=3 if request.param == "slow fake" else 0)


def test_an_artifact_becomes_a_release_and_goes_live(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    tools = world.tools()
    answer = deploys(tools, FIRST)
    assert (answer.model_version, answer.release, answer.changed) == (1, 2, True)
    state = live(tools.releases)
    assert state.number == 2
    assert state.environment == {"MODEL": MODEL, "MODEL_VERSION": "1", "CONTRACT_SHA256": FIRST.contract_digest}
    assert [arn.split(":")[6] for arn in state.layers] == [tools.names.model_layer(MODEL)]
    record = tools.registry.model(MODEL)
    assert (record.desired, record.live) == (2, 2)
    assert tools.registry.version(MODEL, 1).state == "approved"
    assert set(world.predict.invoked) == {2}
    assert_sound(tools)


def test_the_artifact_is_kept_under_its_number(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    deploys(world.tools(), FIRST)
    for name, body in FIRST.files.items():
        kept = world.s3.get_object(Bucket=BUCKET, Key=f"artifacts/model={MODEL}/version=1/{name}")
        assert kept["Body"].read() == body


def test_every_act_is_in_the_audit_chain(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    tools = world.tools()
    deploys(tools, FIRST, actor="ann", time="2013-03-02T00:00:00Z")
    bodies = [entry.body for entry in tools.registry.audit() if '"configuration.changed"' not in entry.body]
    acts = ["version.registered", "version.approved", "release.published", "release.tested"]
    acts += ["rollout.started", "live.moved", "rollout.ended", "rollouts.pruned"]
    assert len(bodies) == len(acts)
    for act, body in zip(acts, bodies, strict=True):
        assert f'"action":"{act}"' in body
        assert '"actor":"ann"' in body
        assert '"time":"2013-03-02T00:00:00Z"' in body


def test_deploying_again_does_nothing_and_says_so(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    tools = world.tools()
    deploys(tools, FIRST)
    entries, lease = list(tools.registry.audit()), tools.registry.lease(MODEL)
    answer = deploys(tools, FIRST)
    assert not answer.changed
    assert "nothing to do" in answer.message
    assert (answer.model_version, answer.release) == (1, 2)
    assert list(tools.registry.audit()) == entries
    assert tools.registry.lease(MODEL) == lease


def test_a_new_artifact_is_the_next_version_and_release(world: FakeWorld | MotoWorld) -> None:
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        answer = deploys(tools, artifact)
    assert (answer.model_version, answer.release) == (2, 3)
    assert live(tools.releases).environment["CONTRACT_SHA256"] == SECOND.contract_digest
    assert len(live(tools.releases).layers) == 1
    assert_sound(tools)


def test_an_old_artifact_goes_back_to_its_old_release(world: FakeWorld | MotoWorld) -> None:
    tools = world.tools()
    for artifact in (FIRST, SECOND, FIRST):
        world.upload(artifact)
        answer = deploys(tools, artifact)
    assert (answer.model_version, answer.release, answer.changed) == (1, 2, True)
    assert live(tools.releases).number == 2
    assert_sound(tools)


def test_new_code_with_the_same_artifact_is_a_new_release(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    tools = world.tools()
    deploys(tools, FIRST)
    world.change_code("code-2")
    answer = deploys(tools, FIRST)
    assert (answer.model_version, answer.release, answer.changed) == (1, 3, True)
    assert live(tools.releases).layers == tools.releases.version(FUNCTION, 2).layers
    assert_sound(tools)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"labels": [0, 0]}, r"row 1: label should be 1, the release says 0"),
        ({"outputs": {"probabilities": [[0.75, 0.25], [0.4, 0.6]]}}, r"row 1: output probabilities should be \[0.48"),
        ({"outputs": {"probabilities": [[0.75, 0.25]]}}, r"output probabilities should have 4 values, it has 2"),
        ({"answer": {"release": 7}}, r"release should be 2, the release says 7"),
        ({"answer": {"model_version": 9}}, r"model_version should be 1, the release says 9"),
        ({"answer": {"predictions": [7, 8]}}, r"not of the form"),
    ],
)
def test_a_release_that_answers_wrongly_does_not_go_live(
    world: FakeWorld | MotoWorld, broken: dict[str, object], words: str
) -> None:
    world.upload(FIRST)
    tools = world.tools()
    world.predict.broken = broken
    with pytest.raises(SmokeTestError, match=words):
        deploys(tools, FIRST)
    assert is_bootstrap(live(tools.releases))
    release = tools.registry.release(MODEL, 2)
    assert release.state == "failed"
    assert release.reason is not None
    assert tools.registry.model(MODEL).desired is None
    assert_sound(tools)


def test_a_failed_release_is_tried_again_and_not_published_again(world: FakeWorld | MotoWorld) -> None:
    world.upload(FIRST)
    tools = world.tools()
    world.predict.crash = "no memory"
    with pytest.raises(SmokeTestError, match="no memory"):
        deploys(tools, FIRST)
    world.predict.crash = None
    assert deploys(tools, FIRST).release == 2
    assert tools.registry.release(MODEL, 2).state == "tested"
    assert_sound(tools)


def test_an_alias_moved_by_hand_is_noticed_and_put_right(world: FakeWorld | MotoWorld) -> None:
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        deploys(tools, artifact)
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    tools.releases.move_alias(FUNCTION, 2, alias.revision, "by hand")
    answer = deploys(tools, SECOND)
    assert answer.changed
    assert answer.release == 3
    assert any("moved by hand" in step and "version 2" in step and "release 3" in step for step in answer.steps)
    assert '"found":"version 2"' in [entry.body for entry in tools.registry.audit()][-2]
    assert live(tools.releases).number == 3


def test_a_version_that_was_rejected_is_not_deployed() -> None:
    world = FakeWorld(Predict(FIRST))
    world.upload(FIRST)
    tools = world.tools()
    rejected = tools.registry.register(FIRST, "ann", TIME).moved_to("rejected", "worse than version 0")
    world.table.commit([Change(version_key(MODEL, 1), rejected.to_document(), 1)], [])
    with pytest.raises(ConflictError, match="version 1 is rejected: worse than version 0"):
        deploys(tools, FIRST)
    assert is_bootstrap(live(tools.releases))


def test_an_upload_that_was_changed_is_refused_before_anything_is_written(world: FakeWorld | MotoWorld) -> None:
    world.upload(replace(FIRST, files={**FIRST.files, "model.onnx": b"another"}))
    tools = world.tools()
    before = tools.registry.audit_head()
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx"):
        deploys(tools, FIRST)
    assert tools.registry.audit_head() == before


def test_an_upload_that_is_missing_is_named(world: FakeWorld | MotoWorld) -> None:
    with pytest.raises(NotFoundError, match="upload it again"):
        deploys(world.tools(), FIRST)


def test_a_function_that_is_missing_is_named() -> None:
    world = FakeWorld(Predict(FIRST))
    world.cloud.functions.clear()
    world.upload(FIRST)
    with pytest.raises(NotFoundError, match="predict-flights"):
        deploys(world.tools(), FIRST)
