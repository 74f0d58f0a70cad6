"""Where live goes back to, and what is to blame: pure, so that every case is a row of a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.domain.canonical_json import digest_of
from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.rollout import Rollout

# Alarms that a release can be the cause of. Throttles, silence, drift and the like come from elsewhere.
BLAMED_ALARMS = ("errors", "function-errors", "latency")

RollbackKind = Literal["person", "alarm", "verdict", "labels"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes live go back. `id` names the event: the same one twice is one rollback.

    `to` is the release that a person names; `release` the one that a verdict is about.
    """

    kind: RollbackKind
    id: str
    reason: str
    at: datetime
    to: int | None = None
    release: int | None = None

    @property
    def digest(self) -> str:
        return digest_of(self.id)


@dataclass(frozen=True, slots=True)
class Plan:
    """`to` gets all of the traffic; `bad` are barred."""

    to: int
    bad: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing is rolled back, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A model as a rollback finds it. `last` is its newest rollout, which `record.rollout` says is under way or not."""

    record: ModelRecord
    last: Rollout | None
    releases: Sequence[Release]
    watch: timedelta

    @property
    def under_way(self) -> Rollout | None:
        return self.last if self.last is not None and self.record.rollout == self.last.number else None

    @property
    def live(self) -> int | None:
        """What answers, or shall: a run may have died between the two. During a rollout, the champion."""
        return self.under_way.champion if self.under_way else self.record.desired

    def good(self, *but: int | None) -> list[Release]:
        """Where live may go back to, best first: the ones that were live last."""
        found = [release for release in self.releases if release.good and release.number not in but]
        return sorted(found, key=lambda release: (release.live_at or "", release.number), reverse=True)


def plan(situation: Situation, cause: Cause) -> Plan | Stay:
    """What to do about a cause."""
    rollout, live = situation.under_way, situation.live
    if live is None and rollout is None:
        return Stay("no release is live: there is nothing to roll back")
    stale = _stale(situation, cause)
    if stale:
        return Stay(stale)
    if rollout is not None and not _is_of_the_champion(rollout, cause):
        return _end_canary(situation, rollout, cause)
    return _leave(situation, cause, (live,) if rollout is None else (rollout.champion,))


def _stale(situation: Situation, cause: Cause) -> str | None:
    """Why an alarm or a verdict says nothing of what is live now."""
    rollout, last = situation.under_way, situation.last
    if cause.kind == "verdict":
        known = {situation.live, rollout.release if rollout else None}
        return None if cause.release in known else f"release {cause.release}, which the verdict is about, is not live"
    if cause.kind != "alarm":
        return None
    if rollout is not None:
        early = cause.at < _second(rollout.started_at)
        return f"the alarm is older than rollout {rollout.number}: reported only" if early else None
    if last is None or last.state != "live" or last.release != situation.live or last.ended_at is None:
        return f"release {situation.live} was not rolled out lately: the alarm is reported only"
    began = _second(last.ended_at)
    if not began <= cause.at <= began + situation.watch:
        return (
            f"release {situation.live} is live since {last.ended_at}, and the alarm does not fall into the time after "
            "it for which [rollout] watch asks: reported only"
        )
    return None


def _second(time: str) -> datetime:
    """The second that a time falls into: the events of alarms tell no less."""
    return datetime.fromisoformat(time).replace(microsecond=0)


def _is_of_the_champion(rollout: Rollout, cause: Cause) -> bool:
    return cause.kind == "verdict" and cause.release == rollout.champion


def _end_canary(situation: Situation, rollout: Rollout, cause: Cause) -> Plan | Stay:
    if rollout.champion is None:
        return Stay(f"release {rollout.release} is the first: there is no earlier release to go back to")
    if cause.to in (None, rollout.champion):
        return Plan(rollout.champion, (rollout.release,))
    if cause.to == rollout.release:
        return Stay(f"release {cause.to} is the one that is being rolled out: `trimtab promote` gives it all traffic")
    return _leave(situation, cause, (rollout.release, rollout.champion))


def _leave(situation: Situation, cause: Cause, bad: tuple[int | None, ...]) -> Plan | Stay:
    """Away from releases that are live, to the one that is named or to the best one left."""
    rollout = situation.under_way
    blamed = tuple(number for number in bad if number is not None)
    good = situation.good(*bad, rollout.release if rollout else None)
    if cause.to is not None:
        if cause.to in blamed:
            return Stay(f"release {cause.to} is live already")
        if cause.to not in {release.number for release in good}:
            return Stay(f"release {cause.to} cannot be gone back to: {_why_not(situation, cause.to)}")
        return Plan(cause.to, blamed)
    if not good:
        return Stay(f"there is no earlier release of the model to go back to: release {situation.live} stays live")
    return Plan(good[0].number, blamed)


def _why_not(situation: Situation, number: int) -> str:
    release = next((r for r in situation.releases if r.number == number), None)
    if release is None:
        return "there is none of that number"
    if release.barred is not None:
        return f"it is barred ({release.barred}); `trimtab unbar` lifts that"
    if release.pruned_at is not None:
        return f"its Lambda version was given up at {release.pruned_at}; deploy its artifact again"
    return "it was never live" if release.live_at is None else f"it is {release.state}"
