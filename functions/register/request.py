"""What `register` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.errors import InvalidRequestError
from functions.domain.event_fields import model_of, moment_of, text_of
from functions.domain.windows import iso

ACTION = "register"


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """`artifact` is an upload's prefix; `person` who stands behind the author, None where nobody is known to.

    `evidence` is what the version may be approved for, found at its `at`: the gate's decision. Without any the
    registration itself is that.
    """

    model: str
    artifact: str
    author: str
    person: str | None
    at: datetime
    evidence: Mapping[str, Any] | None

    @property
    def time(self) -> str:
        """The event's time, ISO 8601 in UTC."""
        return iso(self.at)

    @property
    def evidence_at(self) -> str:
        return self.time if self.evidence is None else str(self.evidence["at"])

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "RegisterRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        if event.get("action") != ACTION:
            raise InvalidRequestError(f"action is {ACTION!r}, not {event.get('action')!r}")
        person = None if event.get("person") is None else text_of(event, "person")
        evidence = event.get("evidence")
        if evidence is not None:
            if not isinstance(evidence, Mapping):
                raise InvalidRequestError(f"evidence must be an object with the time 'at', not {evidence!r}")
            evidence = {**evidence, "at": iso(moment_of(evidence, "at"))}
        return cls(
            model_of(event), text_of(event, "artifact"), text_of(event, "author"), person, moment_of(event), evidence
        )
