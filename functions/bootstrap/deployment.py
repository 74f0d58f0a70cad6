"""Who changes something by a deployment, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.windows import iso


@dataclass(frozen=True, slots=True)
class Deployment:
    """`actor` names the stack: who deployed it is in CloudTrail, CloudFormation does not say it. `time` is ISO, UTC."""

    actor: str
    time: str

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime) -> "Deployment":
        """The deployment that a custom resource's event belongs to; the event itself tells no time."""
        stack = str(event.get("StackId", ""))
        parts = stack.split("/")  # arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
        return cls(f"deployment of {parts[1] if len(parts) > 1 else stack}", iso(now))
