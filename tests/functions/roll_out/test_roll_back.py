"""Going back: by alarm, verdict, person; once a cause, by one call, and never back again by itself."""

from collections.abc import Iterator

import pytest

from functions.domain.errors import ConflictError
from functions.domain.traffic import Traffic
from tests.functions.roll_out.around import comparison
from tests.functions.roll_out.commanded import (
    CANARY,
    World,
    alarm,
    canary_world,
    deploys,
    looks,
    person,
    three_served,
    told,
    traffic,
    verdict,
    with_a_champion,
)
from tests.functions.roll_out.killing import Calls
from tests.functions.roll_out.trained import MODEL
from tests.functions.roll_out.worlds import FakeWorld, assert_sound


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with canary_world(request.param) as world:
        yield world


def test_an_alarm_during_a_rollout_takes_it_back_once(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    assert "release 2 of flights is live; release 3 barred" in told(tools, alarm(1.5))["message"]
    assert traffic(tools) == Traffic(2)
    entries = list(tools.registry.audit())
    assert "done already for this very cause" in told(tools, alarm(1.5))["message"]
    assert "was not rolled out lately" in told(tools, alarm(1.6, "function-errors"))["message"]
    assert list(tools.registry.audit()) == entries


def test_an_alarm_soon_after_it_went_live_takes_it_back(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    told(tools, alarm(20))
    assert traffic(tools) == Traffic(2)
    assert [rollout.state for rollout in tools.rollouts.rollouts(MODEL, 2)] == ["live", "rolled_back"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (alarm(40), "watch asks: reported only"),
        (alarm(2, "no-traffic"), "none that a release is to blame for"),
        (alarm(2, "errors", "OK"), "is 'OK'"),
        (verdict(2, 2), "release 2 was not rolled out last"),
        (verdict(2, 3), "could not be compared with release 2 on the same rows: the gate does not answer"),
        (verdict(2, 3, "RETRAIN"), "the verdict is 'RETRAIN'"),
    ],
)
def test_what_says_nothing_of_the_live_release_changes_nothing(world: World, event: dict, words: str) -> None:  # type: ignore[type-arg]
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    answer = told(tools, event)
    assert words in (answer.get("message") or answer["ignored"])
    assert traffic(tools) == Traffic(3)


def test_a_verdict_that_the_same_rows_bear_out_takes_it_back_long_after(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    world.around.gate.answer = comparison(900, 900, 0.01, 0.03)
    told(tools, verdict(500, 3))
    assert traffic(tools) == Traffic(2)
    assert world.around.gate.asked[-1][:2] == (2, 3)


@pytest.mark.parametrize(("low", "high", "words"), [(-0.01, 0.02, "-0.01 to +0.02"), (None, None, "cannot be said")])
def test_a_verdict_that_they_do_not_bear_out_changes_nothing(
    world: World, low: float | None, high: float | None, words: str
) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    world.around.gate.answer = comparison(900, 900, low, high)
    assert words in told(tools, verdict(500, 3))["message"]
    assert traffic(tools) == Traffic(3)


def test_a_person_goes_back_twice_and_then_there_is_nothing_left(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    deploys(tools, 3, 2, now=True)
    for hours, live in ((3, 3), (4, 2), (5, 2)):
        answer = told(tools, person("roll_back", hours, reason="odd answers"))
        assert traffic(tools) == Traffic(live)
    assert "no earlier release of the model to go back to: release 2 stays live" in answer["message"]
    assert_sound(tools)


def test_a_person_names_the_release_to_go_back_to(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    deploys(tools, 3, 2, now=True)
    told(tools, person("roll_back", 3, reason="odd answers", to=2))
    assert traffic(tools) == Traffic(2)
    assert tools.registry.release(MODEL, 4).barred == "ann: odd answers"
    assert tools.registry.release(MODEL, 3).barred is None
    looks(tools, 4)
    assert traffic(tools) == Traffic(2)


def test_a_release_whose_bar_is_lifted_is_tried_again(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    told(tools, alarm(1.5))
    told(tools, person("unbar", 2, release=3, reason="the alarm was a network's"))
    assert traffic(tools) == Traffic(2, 3, 0.1)
    with pytest.raises(ConflictError, match="release 3 is not barred"):
        told(tools, person("unbar", 3, release=3, reason="again"))


def test_code_that_went_back_is_not_taken_up_again_by_itself(world: World) -> None:
    tools = with_a_champion(world)
    world.change_code("code-2")
    looks(tools, 1)
    told(tools, alarm(1.5))
    looks(tools, 2)
    assert traffic(tools) == Traffic(2)
    told(tools, person("unbar", 3, release=3, reason="it was not the code"))
    assert traffic(tools) == Traffic(2, 3, 0.1)


def test_a_rollback_moves_the_alias_by_one_call() -> None:
    world = FakeWorld(three_served(), **CANARY)
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    calls = Calls()
    told(calls.tools(world), alarm(1.5))
    assert calls.names.count("move_alias") == 1
    assert not {"configure", "invoke", "publish_layer"} & set(calls.names)


def test_a_rollback_takes_the_lease_from_a_run_at_work_which_changes_nothing_any_more() -> None:
    for number in range(400):
        world = FakeWorld(three_served(), **CANARY)
        tools = with_a_champion(world)
        deploys(tools, 2, 1)
        calls = Calls(number, "before", instead=lambda tools=tools: told(tools, alarm(1.5)))  # type: ignore[misc]
        try:
            told(calls.tools(world), person("promote", 1.4))
        except ConflictError:
            pass
        else:
            if number >= len(calls.names):
                break
        assert world.watch.seconds == 0, "a rollback waits for nobody"
        if tools.registry.release(MODEL, 3).barred is not None:
            assert traffic(tools) == Traffic(2), f"overtaken at call {number}"
        assert_sound(tools)
    assert number > 10
