"""What a compaction was asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


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
        model = event.get("model")
        if not isinstance(model, str) or not _NAME.fullmatch(model):
            raise InvalidRequestError(f"model must be a model's name, not {model!r}")
        since = event.get("since")
        return cls(model, _moment(event, "time"), None if since is None else _moment(event, "since"))

    @property
    def at_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.at.timestamp() * 1000)


def _moment(event: Mapping[str, Any], name: str) -> datetime:
    value = event.get(name)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidRequestError(f"{name} {value!r} is not of the form 2013-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{name} {value!r} names no zone: write 2013-03-01T00:00:00Z")
    return moment.astimezone(UTC)
