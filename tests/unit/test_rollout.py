"""A rollout: its steps, its ends, its document."""

from dataclasses import replace

import pytest

from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.rollout import Rollout, RolloutState, begun
from functions.domain.traffic import Traffic

NOW, LATER = "2013-03-01T00:00:00Z", "2013-03-01T06:00:00Z"


def rollout(steps: tuple[float, ...] = (0.1, 0.5), champion: int | None = 7) -> Rollout:
    return begun("flights", 3, 8, 5, champion, "gate", "ann", NOW, steps, "version 5 shall be live")


def test_it_begins_with_its_first_share() -> None:
    assert rollout().traffic == Traffic(7, 8, 0.1)
    assert rollout().where == "release 8 gets 10% of the traffic, step 1 of 2"


def test_without_steps_it_gets_all_of_the_traffic_at_once() -> None:
    assert rollout(()).traffic == Traffic(8)


def test_a_first_release_has_nobody_to_share_with() -> None:
    first = rollout(champion=None)
    assert (first.traffic, first.steps) == (Traffic(8), ())
    assert first.where == "release 8 gets all of the traffic"


def test_it_goes_on_step_by_step_to_all_of_the_traffic() -> None:
    second = rollout().at_step(1, LATER, "enough")
    assert (second.traffic, second.step_since) == (Traffic(7, 8, 0.5), LATER)
    assert second.at_step(2, LATER, "enough").traffic == Traffic(8)
    assert [line["weight"] for line in second.history] == [0.1, 0.5]


def test_it_never_goes_back_a_step_nor_on_after_its_end() -> None:
    with pytest.raises(ConflictError, match="canary at step 1, not 1"):
        rollout().at_step(1, LATER, "").at_step(1, LATER, "")
    with pytest.raises(ConflictError, match="is rolled_back at step 0"):
        rollout().ended("rolled_back", LATER, "errors").at_step(1, LATER, "")


ENDS: list[RolloutState] = ["live", "rolled_back", "superseded"]


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", [*ENDS, "canary"])
def test_an_end_is_the_end_but_for_one_that_is_live_and_rolled_back(first: RolloutState, second: RolloutState) -> None:
    ended = rollout().ended(first, LATER, "so")
    if (first, second) == ("live", "rolled_back"):
        assert ended.ended(second, LATER, "errors").state == "rolled_back"
    else:
        with pytest.raises(ConflictError, match=f"rollout 3 is {first}: it cannot become {second}"):
            ended.ended(second, LATER, "so")


def test_its_document_reads_back_as_it_was_written() -> None:
    for thing in (rollout(), rollout().at_step(1, LATER, "enough"), rollout().ended("superseded", LATER, "newer")):
        assert Rollout.from_document(thing.to_document()) == thing


def test_a_document_of_another_schema_version_or_state_is_refused() -> None:
    with pytest.raises(CorruptArtifactError, match="schema version 2"):
        Rollout.from_document(rollout().to_document() | {"v": 2})
    with pytest.raises(CorruptArtifactError, match="unknown state 'gone'"):
        Rollout.from_document(replace(rollout()).to_document() | {"state": "gone"})
