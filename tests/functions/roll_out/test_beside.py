"""Two runs beside each other: whatever the order of their calls, live and the registry stay sound."""

from concurrent.futures import ThreadPoolExecutor
from threading import RLock

import pytest

from functions.domain.errors import ConflictError
from functions.domain.release_artifact import Artifact
from tests.functions.roll_out.commanded import looks
from tests.functions.roll_out.killing import Calls, Locked
from tests.functions.roll_out.scenes import (
    FIRST,
    SCENES,
    SECOND,
    Scene,
    World,
    begin,
    both_served,
    check_complete,
    first_release,
)
from tests.functions.roll_out.test_crash import aws_calls, changing, fake_calls
from tests.functions.roll_out.trained import MODEL
from tests.functions.roll_out.worlds import FakeWorld, StageTools, assert_sound, deploys, live, moto_world


def finish(world: World, tools: StageTools, other: Artifact, case: str) -> None:
    """The run that was overtaken goes on: it ends well, or is told that it lost its place and has changed nothing."""
    try:
        deploys(tools, FIRST, actor="ann")
        expected = {FIRST.contract_digest, other.contract_digest}  # other, if it was done but for freeing its lease
    except ConflictError:
        expected = {other.contract_digest}
    assert_sound(world.tools())
    state, record = live(world.tools().releases), world.tools().registry.model(MODEL)
    assert state.environment["CONTRACT_SHA256"] in expected, case
    assert (record.desired, record.live) == (state.number, state.number), case
    deploys(world.tools(), FIRST)
    check_complete(world, case, overtaken=True)


@pytest.mark.parametrize("other", [FIRST, SECOND], ids=["the same artifact", "another artifact"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_run_that_is_overtaken_at_any_call_does_no_harm(scene: Scene, other: Artifact) -> None:
    for number, name in enumerate(fake_calls(scene, 0)):
        world = FakeWorld(both_served())
        begin(world, scene)
        calls = Calls(number, "before", instead=lambda world=world: deploys(world.tools(), other, actor="ben"))  # type: ignore[misc]
        finish(world, calls.tools(world), other, f"overtaken before call {number}, {name}")


@pytest.mark.slow
def test_a_run_that_is_overtaken_at_any_aws_call_does_no_harm() -> None:
    names = aws_calls(first_release)
    for number in changing(names):  # right before it changes something, on the strength of what it has read
        name = names[number]
        with moto_world(both_served()) as world:
            begin(world, first_release)
            calls = Calls(number, "before", instead=lambda world=world: deploys(world.tools(), SECOND, actor="ben"))  # type: ignore[misc]
            tools = world.tools(calls.watch(world.clients()))
            finish(world, tools, SECOND, f"overtaken before call {number}, {name}")


def test_threads_that_deploy_two_artifacts_at_once_leave_all_of_it_sound() -> None:
    for _ in range(10):
        world, lock = FakeWorld(both_served(), slow=1), RLock()
        begin(world, first_release)
        tools = world.tools(lambda fake, lock=lock: Locked(fake, lock))  # type: ignore[misc]

        def attempt(artifact: Artifact, tools: StageTools = tools) -> bool:
            try:
                deploys(tools, artifact)
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(attempt, [FIRST, SECOND] * 8))
        assert_sound(world.tools())
        # Here a lease is taken over without a minute's silence, so each may have lost its place to another. Then what
        # was wanted last comes live all the same, and nobody has to ask again.
        looks(world.tools(), 1)
        record = world.tools().registry.model(MODEL)
        assert world.tools().registry.release(MODEL, record.live or 0).model_version == record.candidate
        assert_sound(world.tools())
        deploys(world.tools(), FIRST)
        check_complete(world, "threads", overtaken=True)
