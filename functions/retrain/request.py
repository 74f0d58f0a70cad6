"""What `retrain` was asked for: to fit a model on the rows of a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.event_fields import text_of


@dataclass(frozen=True, slots=True)
class RetrainRequest:
    """`snapshot` is the key of the manifest."""

    model: str
    snapshot: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "RetrainRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        return cls(text_of(event, "model"), text_of(event, "snapshot"))
