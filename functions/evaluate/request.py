"""What an evaluation was asked for: which model, as of when, by whom; and the windows that follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.event_fields import moment_of, text_of
from functions.domain.model_config import ModelConfig
from functions.domain.windows import Window


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
        model, moment = text_of(event, "model"), moment_of(event)
        return cls(model, moment.replace(minute=0, second=0, microsecond=0), str(event.get("by") or "unknown"))

    def window(self, config: ModelConfig) -> Window:
        """What drift, quality and operation are judged on."""
        return Window(self.at - config.evaluate.window, self.at)

    def labelled_window(self, config: ModelConfig) -> Window:
        """What performance is judged on: as recent as labels are mature, on the hour, and as long as the other."""
        end = (self.at - config.matures_after).replace(minute=0, second=0, microsecond=0)
        return Window(end - config.evaluate.window, end)
