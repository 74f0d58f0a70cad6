"""Tells whoever watches a replay what the loop says and does, as it happens."""

from datetime import UTC, datetime
from typing import Protocol

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable
from functions.adapters.rollout_registry import RolloutRegistry
from functions.adapters.training_registry import TrainingRegistry
from trimtab.replay_events import Event, told
from trimtab.stage import Stage
from trimtab.virtual_clock import VirtualClock

LOOKED_BACK = 20  # trainings and rollouts: more do not happen between two moves of the clock


class Watcher(Protocol):
    """Who is told how far a replay is."""

    def begin(self, rows: int) -> None:
        """So many rows are to be sent."""

    def rows(self, count: int) -> None:
        """So many more are answered, or refused."""

    def time(self, now: datetime, verdict: str | None) -> None:
        """The clock was moved; the last verdict, None before the first."""

    def happened(self, event: Event) -> None:
        """The loop retrained, refused, went live, rolled back; or a verdict asks for it."""


class Watch:
    """`moved` is called after each move of the clock, with the schedules that fired on the way."""

    def __init__(self, stage: Stage, model: str, clock: VirtualClock, watcher: Watcher) -> None:
        store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
        self._monitoring = MonitoringRegistry(store)
        self._trainings, self._rollouts = TrainingRegistry(store), RolloutRegistry(store)
        self._model, self._schedule = model, stage.names.function("evaluate", model)
        self._clock, self._watcher = clock, watcher
        self._verdict: str | None = None
        self._told: set[Event] = set()

    def moved(self, fired: list[str]) -> None:
        newest = self._monitoring.evaluations(self._model, 1) if self._schedule in fired else []
        if newest:
            self._verdict = newest[0].verdict
        if fired:
            trainings = self._trainings.trainings(self._model, LOOKED_BACK)
            for event in told(newest, trainings, self._rollouts.rollouts(self._model, LOOKED_BACK)).events:
                if event not in self._told:
                    self._told.add(event)
                    self._watcher.happened(event)
        self._watcher.time(datetime.fromtimestamp(self._clock.now_ms / 1000, UTC), self._verdict)
