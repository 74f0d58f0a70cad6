"""What CloudWatch counts of two releases behind one alias, period by period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.domain.error_rates import Latency, Requests


@dataclass(frozen=True, slots=True)
class Counted:
    """A period's counts of champion and challenger, in this order; latencies None where either answered nothing."""

    requests: tuple[Requests, Requests]
    latencies: tuple[Latency, Latency] | None


class ReleaseMetrics(Protocol):
    """`adapters/release_metrics.py` says what the call does and raises."""

    def counted(
        self, function: str, champion: int, challenger: int, start: datetime, end: datetime
    ) -> Sequence[Counted]: ...
