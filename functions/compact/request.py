"""What a compaction was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.event_fields import model_of, moment_of


@dataclass(frozen=True, slots=True)
class CompactRequest:
    """`at` is the event's time. With `since`, what arrived from that hour on is read again, known or not."""

    model: str
    at: datetime
    since: datetime | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "CompactRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        since = None if event.get("since") is None else moment_of(event, "since")
        return cls(model_of(event), moment_of(event), since)

    @property
    def at_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.at.timestamp() * 1000)
