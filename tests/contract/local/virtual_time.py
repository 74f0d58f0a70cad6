"""What tests of time do with a local cloud: move its clock, and look at what ran."""

import json
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from tests.contract.local.cloud import LocalCloud
from trimtab.local import clock

MARCH = 1_362_096_000  # 2013-03-01T00:00:00Z
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def iso(second: float) -> str:
    """A time as the cloud writes it."""
    return clock.iso(second * 1000)


def move(cloud: LocalCloud, to: float) -> dict[str, Any]:
    """Move the clock; what the call answers."""
    status, answer = cloud.control("clock", {"to": iso(to)})
    assert status == 200, answer
    return answer


def told(cloud: LocalCloud, function: str = "told") -> list[dict[str, Any]]:
    """What the function `told`, or another that says so in its log, was given so far."""
    path = cloud.state / f"logs/aws/lambda/{function}.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line.split(" TOLD ")[1]) for line in lines if " TOLD " in line]


def wait_for(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Look again until it holds."""
    deadline = monotonic() + seconds
    while not holds() and monotonic() < deadline:
        sleep(0.05)
    assert holds()
