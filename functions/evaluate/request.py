"""What an evaluation was asked for: which model, as of when, by whom; and the windows that follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError
from functions.domain.model_config import ModelConfig
from functions.evaluate.window_rows import Window


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """`at` is the event's time cut to the hour: windows end on the hour, as the log lies by the hour."""

    model: str
    at: datetime
    by: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "EvaluationRequest":
        """Read an event.

        Raises:
            InvalidRequestError: a field is missing or malformed; the text has its name.
        """
        for name in ("model", "time"):
            if not isinstance(event.get(name), str) or not event[name]:
                raise InvalidRequestError(f"{name} must be text, not {event.get(name)!r}")
        try:
            moment = datetime.fromisoformat(event["time"])
        except ValueError:
            raise InvalidRequestError(f"time {event['time']!r} is not of the form 2013-03-01T00:00:00Z") from None
        if moment.tzinfo is None:
            raise InvalidRequestError(f"time {event['time']!r} names no zone: write 2013-03-01T00:00:00Z")
        at = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(event["model"], at, str(event.get("by") or "unknown"))

    def window(self, config: ModelConfig) -> Window:
        """What drift, quality and operation are judged on."""
        return Window(self.at - config.evaluate.window, self.at)

    def labelled_window(self, config: ModelConfig) -> Window:
        """What performance is judged on: as recent as labels are mature, on the hour, and as long as the other."""
        end = (self.at - config.matures_after).replace(minute=0, second=0, microsecond=0)
        return Window(end - config.evaluate.window, end)
