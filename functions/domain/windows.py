"""Windows of time, half-open and in UTC, and how moments are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: [start, end), in UTC."""

    start: datetime
    end: datetime

    def to_document(self) -> dict[str, str]:
        return {"start": iso(self.start), "end": iso(self.end)}


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(event: Mapping[str, Any], name: str = "time") -> datetime:
    """The moment, in UTC, that a field of an event names.

    Raises:
        InvalidRequestError: the field is missing, no moment, or without a zone.
    """
    text = text_of(event, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequestError(f"{name} {text!r} is not of the form 2013-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{name} {text!r} names no zone: write 2013-03-01T00:00:00Z")
    return moment.astimezone(UTC)


def text_of(event: Mapping[str, Any], name: str) -> str:
    """A field of an event that must be text.

    Raises:
        InvalidRequestError: it is missing, empty or of another type.
    """
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"{name} must be text, not {value!r}")
    return value
