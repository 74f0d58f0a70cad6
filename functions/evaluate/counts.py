"""What was counted outside the log: by CloudWatch, of one model's `predict`, over a window."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over a window of one model's `predict`; all None for an external model, which has none here.

    `duration_ms` is that of all invocations together; `turned_away` the values that validation refused, by feature.
    """

    invocations: float | None = None
    errors: float | None = None
    throttles: float | None = None
    duration_ms: float | None = None
    rejected_requests: float | None = None
    turned_away: Mapping[str, float] = field(default_factory=dict)
