"""Killed at each AWS call and run again, a deployment finishes, or the old release stays live meanwhile."""

from collections.abc import Callable

import pytest

from functions.domain.release_function import is_bootstrap
from tests.functions.roll_out.killing import Calls, KilledError, When
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import FUNCTION, MotoWorld, assert_sound, deploys, live, moto_world

FIRST, SECOND = trained(1), trained(2)


def first_release(world: MotoWorld) -> None:
    """Nothing was ever live."""


def second_version(world: MotoWorld) -> None:
    """Another version is live."""
    world.upload(SECOND)
    deploys(world.tools(), SECOND)


def new_code(world: MotoWorld) -> None:
    """The same version is live with older code."""
    deploys(world.tools(), FIRST)
    world.change_code("code-2")


def moved_by_hand(world: MotoWorld) -> None:
    """Somebody moved live away from the version."""
    deploys(world.tools(), FIRST)
    tools = world.tools()
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    tools.releases.move_alias(FUNCTION, 1, alias.revision)


Scene = Callable[[MotoWorld], None]
SCENES: list[Scene] = [first_release, second_version, new_code, moved_by_hand]


def calls_of(scene: Scene) -> list[str]:
    """The AWS calls that a deployment makes in a scene."""
    with moto_world(Predict(FIRST, SECOND)) as world:
        world.upload(FIRST)
        scene(world)
        calls = Calls()
        deploys(world.tools(calls.watch(world.clients())), FIRST)
        return calls.names


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_killed_at_any_call_is_finished_by_the_next(scene: Scene, when: When) -> None:
    names = calls_of(scene)
    assert {"dynamodb:TransactWriteItems", "lambda:UpdateAlias"} <= set(names)
    for number, name in enumerate(names):
        with moto_world(Predict(FIRST, SECOND)) as world:
            world.upload(FIRST)
            scene(world)
            before = live(world.tools().releases).number
            doomed = world.tools(Calls(number, when).watch(world.clients()))
            with pytest.raises(KilledError):
                deploys(doomed, FIRST)
            tools = world.tools()
            assert live(tools.releases).number in (before, expected(world)), f"killed {when} {name}"
            assert_sound_or_moved(world, scene)
            answer = deploys(tools, FIRST)
            check_complete(world, answer.release, f"killed {when} call {number}, {name}")


def expected(world: MotoWorld) -> int | None:
    return world.tools().registry.model(MODEL).desired


def assert_sound_or_moved(world: MotoWorld, scene: Scene) -> None:
    if scene is not moved_by_hand or not is_bootstrap(live(world.tools().releases)):
        assert_sound(world.tools())


def check_complete(world: MotoWorld, release: int, case: str) -> None:
    """One version an artifact, one release a pair, one layer a contract, and all of it recorded."""
    tools = world.tools()
    assert_sound(tools)
    record = tools.registry.model(MODEL)
    assert (record.desired, record.live) == (release, release), case
    assert live(tools.releases).number == release, case
    assert live(tools.releases).environment["CONTRACT_SHA256"] == FIRST.contract_digest, case
    numbers = [state.number for state in tools.releases.versions(FUNCTION) if not is_bootstrap(state)]
    assert sorted(numbers) == [known.number for known in tools.registry.status(MODEL).releases], case
    layers = world.plain.list_layer_versions(LayerName=tools.names.model_layer(MODEL))["LayerVersions"]
    descriptions = [layer["Description"] for layer in layers]
    assert len(set(descriptions)) == len(descriptions), case
    assert not deploys(tools, FIRST).changed, case
