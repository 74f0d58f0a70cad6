"""What a sealing was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.errors import InvalidRequestError
from functions.domain.event_fields import moment_of


@dataclass(frozen=True, slots=True)
class SealRequest:
    """`at` is the schedule's own time, also where the event is run again later; `every_hours` when the next is due."""

    at: datetime
    every_hours: int

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "SealRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        every = event.get("every_hours")
        if not isinstance(every, int) or isinstance(every, bool) or not 1 <= every <= 24:
            raise InvalidRequestError(f"every_hours must be a number of hours from 1 to 24, not {every!r}")
        return cls(moment_of(event), every)
