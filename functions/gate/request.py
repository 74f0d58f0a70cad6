"""What `gate` was asked for: to judge a candidate, or for a canary's evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.event_fields import moment_of, release_of, text_of
from functions.domain.snapshot_manifest import digest_in_key


@dataclass(frozen=True, slots=True)
class GateRequest:
    """`snapshot` is the key of a manifest, `candidate` the prefix of what was fitted on it."""

    model: str
    at: datetime
    execution: str
    snapshot: str
    candidate: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "GateRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        model, snapshot, candidate = (text_of(event, name) for name in ("model", "snapshot", "candidate"))
        digest_in_key(model, snapshot, "json")
        return cls(model, moment_of(event), text_of(event, "execution"), snapshot, candidate)


@dataclass(frozen=True, slots=True)
class CanaryRequest:
    """Two releases that share the traffic since a moment."""

    model: str
    at: datetime
    champion: int
    challenger: int
    since: datetime

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "CanaryRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        champion, challenger = (release_of(event, name) for name in ("champion", "challenger"))
        return cls(text_of(event, "model"), moment_of(event), champion, challenger, moment_of(event, "since"))
