"""The clock of a local cloud, moved by whoever lives through a history."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trimtab import local_process

HEADER = "X-Trimtab-Time"  # milliseconds since 1970: when the local gateway takes a request to have come


@dataclass(slots=True)
class VirtualClock:
    """`now_ms` and `due_ms` (when the next schedule fires, None: never) are milliseconds since 1970 UTC.

    `failures` are the runs of schedules that ended in an error, oldest first.
    """

    endpoint: str
    now_ms: int = 0
    due_ms: int | None = None
    failures: list[str] = field(default_factory=list)

    def move(self, to_ms: int) -> list[str]:
        """Stand at a time; the names of the schedules that fired on the way, in their order.

        Raises:
            UnavailableError: the cloud does not answer, or a function does not come to an end.
        """
        answer = local_process.control(
            self.endpoint, "clock", {"to": _iso(to_ms)}, timeout_s=local_process.CLOCK_LIMIT_S
        )
        self.now_ms = to_ms
        self.due_ms = None if answer["next"] is None else _milliseconds(answer["next"])
        fired: list[dict[str, Any]] = answer["fired"]
        self.failures += [f"{run['schedule']} at {run['time']}: {run['error']}" for run in fired if "error" in run]
        return [run["schedule"] for run in fired]

    def settle(self) -> list[str]:
        """Wait until nothing runs that was set off; what failed since this was asked last, schedules' runs included.

        Raises:
            UnavailableError: the cloud does not answer, or something does not come to an end.
        """
        return local_process.settle(self.endpoint)

    def is_due_by(self, time_ms: int) -> bool:
        """Whether a schedule fires at that time or before."""
        return self.due_ms is not None and self.due_ms <= time_ms


def _iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
