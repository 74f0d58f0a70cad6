"""Deployments that meet what seldom happens: changes by hand, versions that fail, code that changes meanwhile."""

from dataclasses import replace

import pytest

from functions.domain.errors import SmokeTestError, UnavailableError
from functions.domain.release_function import is_bootstrap
from tests.functions.roll_out.killing import Calls
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import FUNCTION, FakeWorld, assert_sound, deploys, live

FIRST, SECOND = trained(1), trained(2)


def test_traffic_that_was_split_by_hand_is_noticed_and_put_right() -> None:
    world = FakeWorld(Predict(FIRST, SECOND))
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        deploys(tools, artifact)
    function = world.cloud.functions[FUNCTION]
    assert function.alias is not None
    function.alias = replace(function.alias, weights={"2": 0.1})
    answer = deploys(tools, SECOND)
    assert any("version 3 and 10% to version 2" in step and "by hand" in step for step in answer.steps)
    assert live(tools.releases).number == 3
    assert not deploys(tools, SECOND).changed


def test_a_live_that_was_moved_by_hand_is_put_right_without_another_test() -> None:
    world = FakeWorld(Predict(FIRST, SECOND))
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        deploys(tools, artifact)
    world.cloud.point(FUNCTION, 2)
    world.predict.crash = "no memory"  # it would not pass one now: but what shall be live has passed its own
    assert deploys(tools, SECOND).changed
    assert live(tools.releases).number == 3


def test_an_older_release_that_fails_its_test_today_does_not_go_live_again() -> None:
    world = FakeWorld(Predict(FIRST, SECOND))
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        deploys(tools, artifact)
    world.predict.crash = "no memory"
    with pytest.raises(SmokeTestError):
        deploys(tools, FIRST)
    assert tools.registry.release(MODEL, 2).state == "failed"
    assert live(tools.releases).number == 3
    world.predict.crash = None
    assert deploys(tools, FIRST).live == 2


def test_a_release_whose_lambda_version_was_deleted_is_published_anew() -> None:
    world = FakeWorld(Predict(FIRST, SECOND))
    tools = world.tools()
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
        deploys(tools, artifact)
    del world.cloud.functions[FUNCTION].versions[2]
    answer = deploys(tools, FIRST)
    assert answer.release == 4
    assert any("release 2 has lost its Lambda version" in step for step in answer.steps)
    assert live(tools.releases).number == 4
    assert not deploys(tools, FIRST).changed


def test_a_version_that_never_becomes_ready_is_given_up_and_found_again() -> None:
    world = FakeWorld(Predict(FIRST), slow=1_000)
    world.upload(FIRST)
    with pytest.raises(UnavailableError, match="is not ready after 600 s: run again"):
        deploys(world.tools(), FIRST)
    assert is_bootstrap(world.cloud.version(FUNCTION, 1))


def test_a_version_that_failed_gives_its_reason() -> None:
    world = FakeWorld(Predict(FIRST))
    world.upload(FIRST)
    world.cloud.functions[FUNCTION].latest |= {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such role"}
    with pytest.raises(UnavailableError, match="cannot be used: no such role"):
        deploys(world.tools(), FIRST)


def calls_of_a_first_release() -> list[str]:
    world, calls = FakeWorld(Predict(FIRST)), Calls()
    world.upload(FIRST)
    deploys(calls.tools(world), FIRST)
    return calls.names


def test_code_that_is_deployed_meanwhile_is_seen_and_released() -> None:
    world = FakeWorld(Predict(FIRST))
    world.upload(FIRST)
    calls = Calls(calls_of_a_first_release().index("configure"), "before", instead=lambda: world.change_code("code-2"))
    answer = deploys(calls.tools(world), FIRST)
    assert any("the function was changed meanwhile" in step for step in answer.steps)
    assert live(world.cloud).code_sha256 == "code-2"
    assert_sound(world.tools())
