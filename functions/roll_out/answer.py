"""What a run answers: where the model stands now, and what was done."""

from dataclasses import asdict, dataclass
from typing import Any

from functions.roll_out.run import Run


@dataclass(frozen=True, slots=True)
class Answer:
    """`live` answers clients, but for the share `weight` that `canary` does; `message` says it in words."""

    model: str
    changed: bool
    live: int | None
    canary: int | None
    weight: float
    message: str
    steps: list[str]

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def standing(run: Run, message: str | None = None) -> Answer:
    """Where a model stands; `message` in place of what the registry says of it."""
    record = run.tools.registry.model(run.model)
    if message is None and record.rollout is not None:
        rollout = run.tools.rollouts.rollout(run.model, record.rollout)
        message = f"{rollout.where}: {rollout.reason or 'it has just begun'}"
    message = message or f"{record.confirmed} of {run.model} is live"
    return Answer(run.model, bool(run.steps), record.live, record.live_canary, record.live_weight, message, run.steps)
