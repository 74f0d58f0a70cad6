"""What the loop did during a replay, as the registry tells it: verdicts to act, trainings, rollouts, what went back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from functions.adapters.registry_table import RegistryTable
from functions.adapters.rollout_registry import RolloutRegistry
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.evaluation import Evaluation
from functions.domain.rollout import Rollout
from functions.domain.training import Training
from functions.domain.windows import Window
from trimtab.stage import Stage

MOST = 10_000  # of each; a replay has a handful

What = Literal["retrain", "roll_back", "passed", "refused", "failed", "live", "rolled_back", "quarantined"]

WORDS: Mapping[What, str] = {
    "retrain": "verdict: retrain",
    "roll_back": "verdict: roll back",
    "passed": "retrained, passed the gate",
    "refused": "retrained, refused by the gate",
    "failed": "retraining failed",
    "live": "live",
    "rolled_back": "rolled back",
    "quarantined": "rows quarantined",
}
SHORT: Mapping[What, str] = {
    "retrain": "to retrain",
    "roll_back": "to roll back",
    "passed": "passed",
    "refused": "refused",
    "failed": "failed",
    "live": "live",
    "rolled_back": "rolled back",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the loop did or said; `about` in words, with its numbers."""

    time: datetime
    what: What
    about: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What came of the loop: its events by time, and how many there were. `quarantined` rows are the newest training's.

    `trainings` are those that fitted a challenger; one that was skipped, or whose snapshot found too little, is none.
    """

    events: tuple[Event, ...]
    trainings: int
    refused: int
    skipped: int
    rollouts: int
    rollbacks: int
    quarantined: int

    def within(self, window: Window) -> Counter[What]:
        """How often what happened in a span of time."""
        return Counter(one.what for one in self.events if window.start <= one.time < window.end)


def correction(stage: Stage, model: str, evaluations: Sequence[Evaluation]) -> Correction:
    """Read it from the registry.

    Raises:
        UnavailableError: the registry does not answer.
    """
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    return told(
        evaluations, TrainingRegistry(store).trainings(model, MOST), RolloutRegistry(store).rollouts(model, MOST)
    )


def told(evaluations: Iterable[Evaluation], trainings: Sequence[Training], rollouts: Sequence[Rollout]) -> Correction:
    """Put what the registry holds in the order of time; the first deployment is no rollout of the loop's."""
    later = [rollout for rollout in rollouts if rollout.champion is not None]
    events = [*_verdicts(evaluations), *_trainings(trainings), *_rollouts(later)]
    judged = [training for training in trainings if training.judged]
    return Correction(
        events=tuple(sorted(events, key=lambda event: event.time)),
        trainings=len(judged),
        refused=sum(training.state == "refused" for training in judged),
        skipped=sum(training.state == "skipped" for training in trainings),
        rollouts=len(later),
        rollbacks=sum(rollout.state == "rolled_back" for rollout in later),
        quarantined=(judged[-1].quarantined or 0) if judged else 0,
    )


def _verdicts(evaluations: Iterable[Evaluation]) -> Iterator[Event]:
    named: Mapping[str, What] = {"RETRAIN": "retrain", "ROLL_BACK": "roll_back"}
    for one in evaluations:
        if one.verdict in named:
            yield Event(_moment(one.window[1]), named[one.verdict], one.reasons[0] if one.reasons else one.verdict)


def _trainings(trainings: Iterable[Training]) -> Iterator[Event]:
    for one in trainings:
        when = _moment(one.ended_at or one.started_at)
        rows = f"{one.fit_rows:,} rows" if one.fit_rows else "no rows"
        why = f": {'; '.join(one.reasons)}" if one.reasons else ""
        if one.judged and one.state == "passed":
            yield Event(when, "passed", f"version {one.version}, fitted on {rows} (by {one.cause}){why}")
        elif one.judged:
            yield Event(when, "refused", f"a challenger fitted on {rows} (by {one.cause}){why}")
        elif one.state == "failed":
            yield Event(when, "failed", f"the retraining of {one.started_at} failed{why}")
        if one.judged and one.quarantined:
            yield Event(when, "quarantined", f"{one.quarantined:,} rows were kept out of this training")


def _rollouts(rollouts: Iterable[Rollout]) -> Iterator[Event]:
    for one in rollouts:
        named = f"release {one.release} (version {one.model_version})"
        for line in one.history:
            if line["weight"] == 1:
                yield Event(_moment(line["time"]), "live", f"{named}: {line['reason']}")
                break
        if one.state == "rolled_back" and one.ended_at is not None:
            yield Event(_moment(one.ended_at), "rolled_back", f"{named}: {one.reason}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
