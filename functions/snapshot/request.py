"""What `snapshot` was asked for: the rows of a training, or to record how one ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from functions.domain.errors import InvalidRequestError
from functions.domain.event_fields import moment_of, text_of
from functions.domain.training import Cause


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """`at` is the event's time, in UTC: labels that had matured by then are learnt from."""

    model: str
    cause: Cause
    by: str
    at: datetime
    execution: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "SnapshotRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        cause = text_of(event, "cause")
        if cause not in get_args(Cause):
            raise InvalidRequestError(f"cause is one of {', '.join(get_args(Cause))}, not {cause!r}")
        by = str(event.get("by") or "unknown")
        return cls(text_of(event, "model"), cause, by, moment_of(event), text_of(event, "execution"))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class EndRequest:
    """A training that ended outside of its gate: its execution failed, or `retrain` refused the rows."""

    model: str
    at: datetime
    execution: str
    reasons: tuple[str, ...]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "EndRequest":
        """Read an event; it has `reasons`, or Step Functions' `error`.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        reasons = event.get("reasons")
        told = tuple(map(str, reasons)) if isinstance(reasons, list) else (_words(event.get("error")),)
        return cls(text_of(event, "model"), moment_of(event), text_of(event, "execution"), told)


def _words(error: Any) -> str:
    """Step Functions' error, `{"Error": …, "Cause": …}`, of which the cause is often JSON with an `errorMessage`."""
    if not isinstance(error, Mapping):
        return str(error or "its execution failed without saying why")
    kind, cause = str(error.get("Error") or "error"), str(error.get("Cause") or "")
    try:
        told = str(json.loads(cause)["errorMessage"])
    except (TypeError, ValueError, KeyError):
        told = cause
    return f"{kind}: {told}" if told else kind
