"""A rollout's whole life, in a cloud of strict fakes and in moto made strict."""

from collections.abc import Iterator

import pytest

from functions.domain.errors import ConflictError
from functions.domain.traffic import Traffic
from tests.functions.roll_out.around import comparison, requests
from tests.functions.roll_out.commanded import (
    CANARY,
    World,
    by_hand,
    canary_world,
    deploys,
    enough,
    gate,
    looks,
    passes_the_gate,
    person,
    told,
    traffic,
    with_a_champion,
)
from tests.functions.roll_out.trained import MODEL
from tests.functions.roll_out.worlds import FUNCTION, assert_sound


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with canary_world(request.param) as world:
        yield world


def test_a_challenger_gets_its_traffic_step_by_step(world: World) -> None:
    tools = with_a_champion(world)
    answer = deploys(tools, 2, 1)
    assert answer["message"] == "release 3 gets 10% of the traffic, step 1 of 2: it has just begun"
    assert (answer["live"], answer["release"], answer["weight"]) == (2, 3, 0.1)
    assert traffic(tools) == Traffic(2, 3, 0.1)
    assert looks(tools, 1.5)["message"].startswith("release 3 gets 10% of the traffic, step 1 of 2: waits for")
    enough(world)
    looks(tools, 2.5)
    assert traffic(tools) == Traffic(2, 3, 0.5)
    enough(world, 200)
    looks(tools, 4)
    assert traffic(tools) == Traffic(3)
    last = tools.rollouts.rollouts(MODEL, 1)[0]
    assert (last.state, last.number, [line["weight"] for line in last.history]) == ("live", 2, [0.1, 0.5, 1.0])
    assert world.around.events.what == ["started", "live", "started", "advanced", "advanced", "live"]
    assert_sound(tools)


def test_a_version_that_passed_the_gate_takes_the_same_road(world: World) -> None:
    tools = with_a_champion(world)
    passes_the_gate(tools, 2, 1)
    answer = told(tools, gate(1))
    assert answer["canary"] == 3
    assert tools.rollouts.rollouts(MODEL, 1)[0].cause == "gate"
    assert told(tools, gate(1, "refused")) == {"ignored": "the gate said 'refused'"}


def test_new_code_takes_the_same_road_without_anybody_asking(world: World) -> None:
    tools = with_a_champion(world)
    world.change_code("code-2")
    looks(tools, 1)
    assert traffic(tools) == Traffic(2, 3, 0.1)
    rollout = tools.rollouts.rollouts(MODEL, 1)[0]
    assert (rollout.cause, rollout.model_version, rollout.reason) == ("code", 1, None)
    world.around.metrics.periods = [requests(900, 100)]
    looks(tools, 3)
    world.around.metrics.periods = [requests(900, 300)]
    looks(tools, 5)
    assert traffic(tools) == Traffic(3)
    assert world.around.gate.asked == []
    looks(tools, 6)
    assert traffic(tools) == Traffic(3)


def test_the_gate_is_asked_once_an_hour_of_events_time(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    enough(world, 10)
    for hours in (1.5, 2, 2.5, 2.9, 3, 3.1):
        looks(tools, hours)
    assert [asked[3][11:16] for asked in world.around.gate.asked] == ["02:00", "03:00"]
    assert len(world.around.metrics.asked) == 6


def test_a_gate_that_does_not_answer_moves_nothing(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    world.around.metrics.periods = [requests(900, 100)]
    assert any("the gate does not answer" in step for step in looks(tools, 9)["steps"])
    assert traffic(tools) == Traffic(2, 3, 0.1)


def test_a_look_that_finds_all_as_it_should_be_writes_nothing(world: World) -> None:
    tools = with_a_champion(world)
    entries, lease = list(tools.registry.audit()), tools.registry.lease(MODEL)
    answer = looks(tools, 1)
    assert (answer["changed"], answer["message"]) == (False, "release 2 of flights is live")
    assert list(tools.registry.audit()) == entries
    assert tools.registry.lease(MODEL) == lease


def test_harm_by_labels_takes_it_back_and_bars_it(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    world.around.gate.answer = comparison(50, 50, 0.01, 0.1)
    looks(tools, 2)
    assert traffic(tools) == Traffic(2)
    barred = tools.registry.release(MODEL, 3).barred
    assert barred is not None
    assert "worse by the labels" in barred
    assert world.around.events.what[-1] == "rolled_back"
    looks(tools, 3)
    assert traffic(tools) == Traffic(2)
    with pytest.raises(ConflictError, match=r"release 3 of flights is barred: worse by the labels.*trimtab unbar"):
        deploys(tools, 2, 4)


def test_a_gain_by_labels_ends_it_early(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    world.around.gate.answer = comparison(50, 50, -0.1, -0.01)
    looks(tools, 2)
    assert traffic(tools) == Traffic(3)


def test_a_newer_challenger_ends_the_rollout_and_begins_its_own(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    answer = deploys(tools, 3, 1.5)
    assert (answer["release"], answer["weight"]) == (4, 0.1)
    assert traffic(tools) == Traffic(2, 4, 0.1)
    assert [rollout.state for rollout in tools.rollouts.rollouts(MODEL, 3)] == ["live", "superseded", "canary"]
    assert tools.registry.release(MODEL, 3).barred is None


def test_newer_code_ends_the_rollout_and_takes_the_same_version_on(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    world.change_code("code-2")
    looks(tools, 1.5)
    assert traffic(tools) == Traffic(2, 4, 0.1)
    assert tools.registry.release(MODEL, 4).model_version == 2


def test_deploying_what_is_live_ends_the_rollout_of_another(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    answer = deploys(tools, 1, 2)
    assert (answer["message"], traffic(tools)) == ("release 2 (version 1) of flights is live", Traffic(2))


def test_a_person_promotes_it_at_once(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    told(tools, person("promote", 1.1))
    assert traffic(tools) == Traffic(3)
    assert "nothing to promote" in told(tools, person("promote", 1.2))["message"]


def test_a_person_who_says_now_wants_no_canary(world: World) -> None:
    tools = with_a_champion(world)
    assert deploys(tools, 2, 1, now=True)["live"] == 3
    deploys(tools, 3, 2)
    assert traffic(tools) == Traffic(3, 4, 0.1)
    assert deploys(tools, 3, 3, now=True)["live"] == 4


def test_a_challenger_that_fails_its_test_is_told_of_and_not_tried_again_by_itself(world: World) -> None:
    tools = with_a_champion(world)
    passes_the_gate(tools, 2, 1)
    world.predict.crash = "no memory"
    assert "no memory" in looks(tools, 1)["waits"]
    assert world.around.events.what[-1] == "live"
    looks(tools, 2)
    assert world.around.events.what[-1] == "failed"
    world.predict.crash = None
    entries = list(tools.registry.audit())
    looks(tools, 3)
    assert list(tools.registry.audit()) == entries
    assert deploys(tools, 2, 4)["weight"] == 0.1


def test_an_event_that_could_not_be_told_is_told_by_the_next_run(world: World) -> None:
    tools = with_a_champion(world)
    world.around.events.lost = True
    with pytest.raises(Exception, match="the bus does not answer"):
        deploys(tools, 2, 1)
    world.around.events.lost = False
    looks(tools, 1.1)
    assert world.around.events.what == ["started", "live", "started"]


def test_an_alias_that_was_moved_by_hand_is_put_right_and_told_of(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    by_hand(tools, 2)
    looks(tools, 2)
    assert traffic(tools) == Traffic(3)
    assert world.around.events.what[-1] == "moved_by_hand"


def test_an_alias_that_was_moved_by_hand_is_adopted_where_model_toml_says_so(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    world.around.configure(**CANARY, moved_by_hand="adopt")
    by_hand(tools, 2)
    looks(tools, 2)
    assert traffic(tools) == Traffic(2)
    assert world.around.events.what[-1] == "moved_by_hand"
    looks(tools, 3)
    assert traffic(tools) == Traffic(2)


def test_a_hand_that_shares_the_traffic_is_never_adopted(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1, now=True)
    world.around.configure(**CANARY, moved_by_hand="adopt")
    by_hand(tools, 3, {"2": 0.3})
    looks(tools, 2)
    assert traffic(tools) == Traffic(3)


def test_a_canary_that_somebody_took_off_by_hand_comes_back(world: World) -> None:
    tools = with_a_champion(world)
    deploys(tools, 2, 1)
    by_hand(tools, 2)
    looks(tools, 1.1)
    assert traffic(tools) == Traffic(2, 3, 0.1)


def test_old_releases_are_given_up_and_the_last_ones_stay(world: World) -> None:
    world.around.configure(**{**CANARY, "steps": ()}, keep=1)
    tools = with_a_champion(world)
    for hours, seed in ((1, 2), (2, 3)):
        deploys(tools, seed, hours)
    there = {state.number for state in tools.releases.versions(FUNCTION)}
    assert there == {1, 3, 4}, "bootstrap's, the one to go back to, and the live one"
    given_up = tools.registry.release(MODEL, 2)
    assert (given_up.pruned_at, tools.registry.version(MODEL, 1).state) == ("2013-03-01T02:00:00Z", "retired")
    assert given_up.layer not in tools.releases.layer_versions(tools.names.model_layer(MODEL))
    answer = deploys(tools, 1, 3)
    assert (answer["live"], answer["model_version"]) == (5, 1)
    assert tools.registry.version(MODEL, 1).state == "approved"
    assert_sound(tools)
