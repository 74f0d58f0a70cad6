"""Events as `roll_out` gets them, and a stage with a champion to roll out beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from functions.domain.traffic import Traffic
from functions.roll_out.commands import obeyed
from functions.roll_out.run import Tools
from tests.functions.roll_out import worlds
from tests.functions.roll_out.around import comparison, requests
from tests.functions.roll_out.trained import MODEL, Predict, prefix_of, trained
from tests.functions.roll_out.worlds import FUNCTION, NAMES, FakeWorld, MotoWorld, StageTools, moto_world

World = FakeWorld | MotoWorld

START = datetime(2013, 3, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = trained(1), trained(2), trained(3)
CANARY: dict[str, Any] = {"steps": (0.1, 0.5), "min_samples": 100, "bake_s": 3_600}
_RUNS = count(1)


def at(hours: float) -> str:
    """A time, hours after the start."""
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def told(tools: Tools, event: dict[str, Any]) -> dict[str, Any]:
    """What one run of `roll_out` answers to an event."""
    return obeyed(tools, event, f"command-{next(_RUNS)}")


def person(action: str, hours: float, **fields: Any) -> dict[str, Any]:
    return {"action": action, "model": MODEL, "actor": "ann", "time": at(hours), **fields}


def deploys(tools: StageTools, seed: int, hours: float, now: bool = False) -> dict[str, Any]:
    """What a deployment of an uploaded artifact answers; `now` without a canary."""
    return asdict(worlds.deploys(tools, trained(seed), time=at(hours), now=now))


def looks(tools: Tools, hours: float) -> dict[str, Any]:
    """The schedule's run for this model."""
    return told(tools, {"action": "reconcile", "model": MODEL, "time": at(hours), "by": "schedule"})


def alarm(hours: float, what: str = "errors", value: str = "ALARM") -> dict[str, Any]:
    """CloudWatch's event of an alarm that changed its state."""
    return {
        "version": "0",
        "id": f"event-{hours}",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "time": at(hours),
        "detail": {
            "alarmName": NAMES.alarm(what, MODEL),
            "state": {"value": value, "reason": "threshold crossed", "timestamp": at(hours)},
        },
    }


def verdict(hours: float, release: int, said: str = "ROLL_BACK") -> dict[str, Any]:
    detail = {"model": MODEL, "verdict": said, "reasons": ["the one before did better"], "window": {"end": at(hours)}}
    detail["live"] = {"version": "1", "release": release}
    return {"detail-type": "Verdict", "source": "trimtab", "time": at(hours), "detail": {"v": 1, **detail}}


def gate(hours: float, decision: str = "passed") -> dict[str, Any]:
    detail = {"v": 1, "model": MODEL, "decision": decision, "version": 2, "execution": "e-1", "reasons": []}
    return {"detail-type": "Gate", "source": "trimtab", "time": at(hours), "detail": detail}


def three_served() -> Predict:
    return Predict(FIRST, SECOND, THIRD)


def with_a_champion(world: World) -> StageTools:
    """Release 2 (version 1) is live; two other artifacts wait."""
    for artifact in (FIRST, SECOND, THIRD):
        world.upload(artifact)
    tools = world.tools()
    deploys(tools, 1, 0)
    return tools


def passes_the_gate(tools: StageTools, seed: int, hours: float) -> None:
    """What the gate does with a challenger that passes."""
    evidence = {"at": at(hours), "gate": "gates/model=flights/e-1.json", "execution": "e-1"}
    tools.registering.register(MODEL, prefix_of(trained(seed)), "gate", None, at(hours), evidence)


@contextmanager
def canary_world(kind: str) -> Iterator[World]:
    """A cloud of fakes or of moto, whose model has canaries."""
    if kind == "moto":
        with moto_world(three_served(), **CANARY) as world:
            yield world
    else:
        yield FakeWorld(three_served(), **CANARY)


def traffic(tools: Tools) -> Traffic:
    """Where the alias sends the traffic; the registry must say the same."""
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    record = tools.registry.model(MODEL)
    assert record.confirmed == record.wanted
    assert record.confirmed.is_that_of(alias.version, alias.weights)
    return record.confirmed


def enough(world: World, rows: int = 100, labelled: int | None = None) -> None:
    """Evidence without an objection."""
    world.around.gate.answer = comparison(rows, rows if labelled is None else labelled, -0.01, 0.01)
    world.around.metrics.periods = [requests(9 * rows, rows)]


def by_hand(tools: Tools, number: int, weights: dict[str, float] | None = None) -> None:
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    tools.releases.move_alias(FUNCTION, number, alias.revision, "by hand", weights or {})
