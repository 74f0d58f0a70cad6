"""One run of `roll_out`: what it was asked for, what it works with, and what it has done."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.adapters.artifacts import Artifacts
from functions.adapters.registry import Registry
from functions.domain.errors import InvalidRequestError
from functions.domain.names import Names
from functions.domain.release_function import Releases

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores, and the two ways in which time passes: `pause` sleeps, `elapsed` is a stopwatch in seconds."""

    registry: Registry
    releases: Releases
    artifacts: Artifacts
    names: Names
    pause: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """Who wants which artifact of which model live. `time` is the event's, ISO 8601 in UTC."""

    model: str
    artifact: str
    actor: str
    time: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "DeployRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed, or the action is unknown.
        """
        if event.get("action") != "deploy":
            raise InvalidRequestError(f"action {event.get('action')!r} is unknown: roll_out knows 'deploy'")
        values = {name: event.get(name) for name in ("model", "artifact", "actor", "time")}
        for name, value in values.items():
            if not isinstance(value, str) or not value:
                raise InvalidRequestError(f"{name} must be text, not {value!r}")
        request = cls(**{name: str(value) for name, value in values.items()})
        if not _NAME.fullmatch(request.model):
            raise InvalidRequestError(f"model {request.model!r} is no model's name")
        request.epoch_ms()
        return request

    def epoch_ms(self) -> int:
        """The event's time in milliseconds since 1970.

        Raises:
            InvalidRequestError: it is no time, or not in UTC.
        """
        try:
            moment = datetime.fromisoformat(self.time)
        except ValueError:
            raise InvalidRequestError(f"time {self.time!r} is not of the form 2013-03-01T00:00:00Z") from None
        if moment.utcoffset() != UTC.utcoffset(None):
            raise InvalidRequestError(f"time {self.time!r} must be in UTC, e.g. 2013-03-01T00:00:00Z")
        return int(moment.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Run:
    """`id` is the Lambda request's: a retry of the same request has the same."""

    id: str
    request: DeployRequest
    tools: Tools
    steps: list[str] = field(default_factory=list)

    @property
    def function(self) -> str:
        return self.tools.names.function("predict", self.request.model)

    @property
    def layer(self) -> str:
        return self.tools.names.model_layer(self.request.model)

    def note(self, step: str) -> None:
        """Remember what was done, and print it to the function's log at once: a run may die at any line."""
        self.steps.append(step)
        print(f"{self.request.model}: {step}", flush=True)
