"""What is remembered of an alarm beside its definition: its state, and whether it is still warming up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.errors import MisconfiguredError

LONGEST_MINUTES = 2_880


@dataclass(frozen=True, slots=True)
class AlarmState:
    """The state of an alarm, and why and since when (milliseconds since 1970)."""

    value: str
    reason: str
    reason_data: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How long a new alarm is not judged; without `to_its_end` only until its evaluation periods all have data."""

    minutes: int
    to_its_end: bool = False

    def holds(self, begun_s: int, at_s: int, is_filled: bool) -> bool:
        """Whether an alarm that began then still warms up."""
        return at_s < begun_s + self.minutes * 60 and (self.to_its_end or not is_filled)


def read_warm_up(asked: Mapping[str, Any] | None) -> WarmUp | None:
    """PutMetricAlarm's WarmUpConfiguration. Raises MisconfiguredError."""
    if not asked:
        return None
    minutes = int(asked["WarmUpPeriodDurationInMinutes"])
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise MisconfiguredError(f"an alarm warms up for 1 to {LONGEST_MINUTES} minutes, not {minutes}")
    return WarmUp(minutes, str(asked.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False)).lower() == "true")
