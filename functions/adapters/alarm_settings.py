"""[alarms] of model.toml: when silence or slowness is worth telling somebody."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from functions.domain.durations import PATTERN, duration

HOUR, LONGEST = timedelta(hours=1), timedelta(days=7)  # CloudWatch looks back a week at the most
SLOWEST_MS = 29_000  # API Gateway waits no longer


def _a_silence(value: object) -> object:
    if value == "off":
        return value
    span = duration(value) if isinstance(value, str) and re.fullmatch(PATTERN, value) else timedelta()
    if not HOUR <= span <= LONGEST or span % HOUR:
        raise ValueError(f'{value!r} should be whole hours or days, "1h" to "7d", or "off"')
    return value


def _a_latency(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= SLOWEST_MS
    if value != "off" and not whole:
        raise ValueError(f'{value!r} should be whole milliseconds, 1 to {SLOWEST_MS}, or "off"')
    return value


Silence = Annotated[str, BeforeValidator(_a_silence)]
Latency = Annotated[int | Literal["off"], BeforeValidator(_a_latency)]


class AlarmSettings(BaseModel):
    """[alarms]; docs/model-toml.md explains each key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    no_traffic: Silence = "1d"
    no_labels: Silence = "3d"
    latency_ms: Latency = 1_000


def silence(value: str) -> timedelta | None:
    """How long a silence may last; None where none is too long."""
    return None if value == "off" else duration(value)
