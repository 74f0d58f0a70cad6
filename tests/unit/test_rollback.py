"""Where live goes back to, and what is barred for it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.rollback import Cause, Plan, RollbackKind, Situation, Stay, plan
from functions.domain.rollout import begun

DAY = timedelta(days=1)
T0 = datetime(2013, 3, 1, tzinfo=UTC)


def release(number: int, live_day: int | None, **changes: object) -> Release:
    live_at = None if live_day is None else (T0 + live_day * DAY).isoformat()
    made = Release("flights", number, number - 1, "c", "arn", T0.isoformat(), "tested", None, live_at)
    return replace(made, **changes)  # type: ignore[arg-type]


RELEASES = [release(2, 0), release(3, 1), release(4, 2)]
ROLLOUT = begun("flights", 3, 4, 3, 3, "gate", "ann", (T0 + 2 * DAY).isoformat(), (0.1,), "so")
QUIET = Situation(
    ModelRecord("flights", 3, 4, 4, rollouts=3), ROLLOUT.ended("live", ROLLOUT.started_at, ""), RELEASES, DAY
)
CANARY = Situation(
    ModelRecord("flights", 3, 3, 3, 4, 0.1, 4, 0.1, rollout=3, rollouts=3),
    ROLLOUT,
    [*RELEASES[:2], release(4, None)],
    DAY,
)
SOON, LATER = T0 + 2.5 * DAY, T0 + 4 * DAY


def cause(kind: RollbackKind = "person", at: datetime = SOON, to: int | None = None, about: int | None = None) -> Cause:
    return Cause(kind, "one", "errors", at, to, about)


@pytest.mark.parametrize(
    ("situation", "why", "outcome"),
    [
        (QUIET, cause(), Plan(3, (4,))),
        (QUIET, cause(to=2), Plan(2, (4,))),
        (QUIET, cause("alarm"), Plan(3, (4,))),
        (QUIET, cause("alarm", LATER), Stay("[rollout] watch asks: reported only")),
        (QUIET, cause("verdict", LATER, about=4), Plan(3, (4,))),
        (QUIET, cause("verdict", about=3), Stay("release 3, which the verdict is about, is not live")),
        (QUIET, cause(to=4), Stay("release 4 is live already")),
        (QUIET, cause(to=9), Stay("there is none of that number")),
        (CANARY, cause(), Plan(3, (4,))),
        (CANARY, cause(to=3), Plan(3, (4,))),
        (CANARY, cause(to=2), Plan(2, (4, 3))),
        (CANARY, cause(to=4), Stay("`trimtab promote` gives it all traffic")),
        (CANARY, cause("alarm"), Plan(3, (4,))),
        (CANARY, cause("alarm", T0), Stay("the alarm is older than rollout 3")),
        (CANARY, cause("verdict", about=4), Plan(3, (4,))),
        (CANARY, cause("verdict", about=3), Plan(2, (3,))),
        (CANARY, cause("labels"), Plan(3, (4,))),
    ],
)
def test_a_cause_meets_a_situation(situation: Situation, why: Cause, outcome: Plan | Stay) -> None:
    found = plan(situation, why)
    if isinstance(outcome, Stay):
        assert isinstance(found, Stay)
        assert outcome.reason in found.reason
    else:
        assert found == outcome


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"barred": "latency"}, r"it is barred \(latency\); `trimtab unbar`"),
        ({"pruned_at": "2013-03-02"}, "its Lambda version was given up at 2013-03-02"),
        ({"live_at": None}, "it was never live"),
        ({"state": "failed"}, "it is failed"),
    ],
)
def test_live_does_not_go_back_to_a_release_that_is_not_good(changes: dict[str, object], words: str) -> None:
    releases = [RELEASES[0], replace(RELEASES[1], **changes), RELEASES[2]]  # type: ignore[arg-type]
    assert plan(replace(QUIET, releases=releases), cause()) == Plan(2, (4,))
    refused = plan(replace(QUIET, releases=releases), cause(to=3))
    assert isinstance(refused, Stay)
    assert re.search(words, refused.reason)


def test_before_any_release_there_is_nothing_to_roll_back() -> None:
    found = plan(Situation(ModelRecord("flights"), None, [], DAY), cause())
    assert found == Stay("no release is live: there is nothing to roll back")


def test_the_first_release_stays_for_there_is_none_before_it() -> None:
    only = Situation(ModelRecord("flights", 1, 2, 2), None, [release(2, 0)], DAY)
    found = plan(only, cause())
    assert isinstance(found, Stay)
    assert "no earlier release of the model to go back to: release 2 stays live" in found.reason


def test_a_first_release_on_its_way_has_nobody_to_give_way_to() -> None:
    first = begun("flights", 1, 2, 1, None, "deploy", "ann", T0.isoformat(), (), "so")
    found = plan(Situation(ModelRecord("flights", 1, 2, rollout=1, rollouts=1), first, [], DAY), cause())
    assert isinstance(found, Stay)
    assert "release 2 is the first" in found.reason


def test_a_second_alarm_of_one_incident_does_not_go_back_once_more() -> None:
    back = Situation(
        ModelRecord("flights", 3, 3, 3, rollouts=3), ROLLOUT.ended("rolled_back", SOON.isoformat(), ""), RELEASES, DAY
    )
    found = plan(back, cause("alarm"))
    assert isinstance(found, Stay)
    assert "release 3 was not rolled out lately" in found.reason


def test_a_rollback_whose_run_died_before_the_move_is_where_the_next_one_starts_from() -> None:
    died = replace(QUIET.record, desired=3)
    releases = [*RELEASES[:2], replace(RELEASES[2], barred="errors")]
    assert plan(replace(QUIET, record=died, releases=releases), cause()) == Plan(2, (3,))
