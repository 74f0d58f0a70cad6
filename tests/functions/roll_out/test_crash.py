"""Killed at any call and run again, a deployment finishes; until then live is on a release that was tested."""

import pytest

from tests.functions.roll_out.killing import Calls, KilledError, When
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
    second_version,
)
from tests.functions.roll_out.trained import MODEL
from tests.functions.roll_out.worlds import FakeWorld, assert_sound, deploys, moto_world

WRITES = {"put_object", "commit", "publish_layer", "configure", "publish", "move_alias", "delete_version"}
AWS_WRITES = {
    "PutObject",
    "TransactWriteItems",
    "PublishLayerVersion",
    "UpdateFunctionConfiguration",
    "PublishVersion",
    "UpdateAlias",
}


def aws_calls(scene: Scene) -> list[str]:
    """The AWS calls that a deployment makes in a scene."""
    with moto_world(both_served()) as world:
        begin(world, scene)
        calls = Calls()
        deploys(world.tools(calls.watch(world.clients())), FIRST)
        return calls.names


# Killed before a call is killed after the one before it: "before" needs no second scene.
@pytest.mark.parametrize(
    ("scene", "when"),
    [
        (first_release, "after"),
        pytest.param(first_release, "before", marks=pytest.mark.slow),
        pytest.param(second_version, "after", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_aws_call_it_is_finished_by_the_next_run(scene: Scene, when: When) -> None:
    names = aws_calls(scene)
    assert {"s3:PutObject", "dynamodb:TransactWriteItems", "lambda:PublishVersion", "lambda:UpdateAlias"} <= set(names)
    for number in changing(names):
        name = names[number]
        with moto_world(both_served()) as world:
            begin(world, scene)
            with pytest.raises(KilledError):
                deploys(world.tools(Calls(number, when).watch(world.clients())), FIRST)
            assert_sound(world.tools())
            deploys(world.tools(), FIRST)
            check_complete(world, f"killed {when} call {number}, {name}")


def the_other_is_live(world: World) -> None:
    """What is deployed after the crash is what was live before it."""
    deploys(world.tools(), FIRST)


def fake_calls(scene: Scene, slow: int) -> list[str]:
    world, calls = FakeWorld(both_served(), slow), Calls()
    begin(world, scene)
    deploys(calls.tools(world), FIRST)
    return calls.names


def changing(names: list[str]) -> list[int]:
    """The calls that change something: killed after a call that only reads, a run leaves what it left before that."""
    return [number for number, name in enumerate(names) if name in WRITES or name.partition(":")[2] in AWS_WRITES]


@pytest.mark.parametrize("slow", [0, 2])
@pytest.mark.parametrize("scene", SCENES)
def test_killed_twice_at_any_two_calls_it_is_finished_by_the_third_run(scene: Scene, slow: int) -> None:
    writes = changing(fake_calls(scene, slow))
    for first in writes:
        for second in writes[::2]:
            world = FakeWorld(both_served(), slow)
            begin(world, scene)
            case = f"killed after call {first}, and then after call {second}"
            with pytest.raises(KilledError):
                deploys(Calls(first, "after").tools(world), FIRST)
            assert_sound(world.tools())
            try:
                deploys(Calls(second, "after").tools(world), FIRST)
            except KilledError:
                assert_sound(world.tools())
                deploys(world.tools(), FIRST)
            check_complete(world, case)


@pytest.mark.parametrize("scene", [*SCENES, the_other_is_live])
def test_killed_at_any_call_it_does_not_stand_in_the_way_of_another_artifact(scene: Scene) -> None:
    for number in range(400):
        world = FakeWorld(both_served())
        begin(world, scene)
        try:
            deploys(Calls(number, "after").tools(world), SECOND)
        except KilledError:
            answer = deploys(world.tools(), FIRST)
            record = world.tools().registry.model(MODEL)
            assert (record.desired, record.live) == (answer.release, answer.release), f"killed after call {number}"
            deploys(world.tools(), SECOND)  # what the dead run left is found and used
            deploys(world.tools(), FIRST)
            check_complete(world, f"killed after call {number}")
        else:
            break
    assert number > 5
