"""One run of `roll_out` on one model: what it was asked for, what it works with, and what it has done."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from functions.adapters.live_registry import LiveRegistry
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.pruning_registry import PruningRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_outbox import Outbox
from functions.adapters.registry_store import Hold, Store
from functions.adapters.rollout_registry import By, RolloutRegistry
from functions.adapters.signed_versions import SignedVersions
from functions.adapters.stage_events import DetailType
from functions.domain.names import Names
from functions.domain.release_function import Releases
from functions.domain.release_metrics import ReleaseMetrics
from functions.domain.rollout import Rollout
from functions.roll_out.requests import Request


class Gate(Protocol):
    """`adapters/gate_call.py` says what the call does and raises."""

    def compare(self, rollout: Rollout, time: str) -> Mapping[str, Any]: ...


class Events(Protocol):
    """`adapters/stage_events.py` says what the call does and raises."""

    def publish(self, detail_type: DetailType, detail: Mapping[str, Any], time: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """AWS beside the registry."""

    releases: Releases
    versions: SignedVersions
    metrics: ReleaseMetrics
    gate: Gate
    events: Events


@dataclass(frozen=True, slots=True)
class Tools:
    """The registry's faces, the services, and the two ways in which time passes: `pause` sleeps, `elapsed` is a
    stopwatch in seconds.
    """

    registry: Registry
    rollouts: RolloutRegistry
    live: LiveRegistry
    pruning: PruningRegistry
    outbox: Outbox
    settings: MonitoringRegistry
    services: Services
    names: Names
    pause: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic

    @property
    def releases(self) -> Releases:
        return self.services.releases

    @property
    def versions(self) -> SignedVersions:
        return self.services.versions


def tools_on(
    store: Store,
    services: Services,
    names: Names,
    pause: Callable[[float], None] = time.sleep,
    elapsed: Callable[[], float] = time.monotonic,
) -> Tools:
    """Tools whose registry lies in a store."""
    return Tools(
        Registry(store, pause),
        RolloutRegistry(store, pause),
        LiveRegistry(store, pause),
        PruningRegistry(store, pause),
        Outbox(store),
        MonitoringRegistry(store),
        services,
        names,
        pause,
        elapsed,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """`id` is the Lambda request's: a retry of the same request has the same."""

    id: str
    request: Request
    tools: Tools
    steps: list[str] = field(default_factory=list)

    @property
    def model(self) -> str:
        return self.request.model

    @property
    def function(self) -> str:
        return self.tools.names.function("predict", self.request.model)

    @property
    def layer(self) -> str:
        return self.tools.names.model_layer(self.request.model)

    def by(self, hold: Hold) -> By:
        """Who changes the registry in this run."""
        return By(self.request.actor, self.request.time, hold)

    def note(self, step: str) -> None:
        """Remember what was done, and print it to the function's log at once: a run may die at any line."""
        self.steps.append(step)
        print(f"{self.request.model}: {step}", flush=True)
