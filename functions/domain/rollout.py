"""A rollout: how one release takes over from another, share by share of the traffic."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args

from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.model_version import known_fields
from functions.domain.traffic import Traffic

RolloutCause = Literal["deploy", "gate", "code"]
RolloutState = Literal["canary", "live", "rolled_back", "superseded"]

SCHEMA_VERSION = 1
EVIDENCE_VERSION = 1  # of the document beside it
_NEXT: Mapping[RolloutState, tuple[RolloutState, ...]] = {
    "canary": ("live", "rolled_back", "superseded"),
    "live": ("rolled_back",),
    "rolled_back": (),
    "superseded": (),
}


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the registry keeps of one. Times are events', ISO 8601 in UTC.

    `release` takes over from `champion`, which is None for a model's first release. `steps` are its shares of the
    traffic on the way; `step` counts those that it has done, so that at `len(steps)` it gets all. `weight` is its
    present share, since `step_since`. `evidence` is what the gate last said of its predictions and labels, asked at
    `evidence_at`; `reason` is what was decided last, or what it waits for. `history` has a line for each step.
    """

    model: str
    number: int
    release: int
    model_version: int
    champion: int | None
    cause: RolloutCause
    actor: str
    started_at: str
    steps: tuple[float, ...]
    step: int
    weight: float
    step_since: str
    state: RolloutState = "canary"
    evidence: Mapping[str, Any] | None = None
    evidence_at: str | None = None
    reason: str | None = None
    ended_at: str | None = None
    history: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def traffic(self) -> Traffic:
        """Where the traffic shall go at its present step."""
        if self.weight == 1:
            return Traffic(self.release)
        return Traffic(self.champion, self.release, self.weight)

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.step_since)

    @property
    def where(self) -> str:
        """Where it stands, in words."""
        if self.state != "canary":
            return f"rollout {self.number} of release {self.release} is {self.state.replace('_', ' ')}"
        if self.weight == 1:
            return f"release {self.release} gets all of the traffic"
        return (
            f"release {self.release} gets {self.weight:.0%} of the traffic, step {self.step + 1} of {len(self.steps)}"
        )

    def at_step(self, step: int, when: str, reason: str) -> "Rollout":
        """The same rollout at a later step; `len(steps)` is all of the traffic.

        Raises:
            ConflictError: it has ended, or is at that step or beyond.
        """
        if self.state != "canary" or step <= self.step:
            raise ConflictError(f"{self.model} rollout {self.number} is {self.state} at step {self.step}, not {step}")
        weight = self.steps[step] if step < len(self.steps) else 1.0
        line = {"time": when, "weight": weight, "reason": reason}
        return replace(self, step=step, weight=weight, step_since=when, reason=reason, history=(*self.history, line))

    def ended(self, state: RolloutState, when: str, reason: str) -> "Rollout":
        """The same rollout at its end; one that is live may still be rolled back.

        Raises:
            ConflictError: that end cannot follow the present state.
        """
        if state not in _NEXT[self.state]:
            raise ConflictError(f"{self.model} rollout {self.number} is {self.state}: it cannot become {state}")
        line = {"time": when, "weight": 1.0 if state == "live" else 0.0, "reason": reason}
        last = self.history[-1] if self.history else None  # all of the traffic, a moment ago: the same, said twice
        history = self.history if line == last else (*self.history, line)
        return replace(self, state=state, reason=reason, ended_at=when, history=history)

    def to_evidence(self) -> dict[str, Any]:
        """What is kept beside a rollout under way, whose own document changes with its traffic alone."""
        told = {"evidence": self.evidence, "evidence_at": self.evidence_at, "reason": self.reason}
        return {"v": EVIDENCE_VERSION, "step": self.step, **told}

    def with_evidence(self, document: Mapping[str, Any]) -> "Rollout":
        """The same rollout with what was kept beside it; without, where that was gathered at another step.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        fields = known_fields(document, "rollout's evidence", (EVIDENCE_VERSION,))
        step = fields.pop("step")
        return replace(self, **fields) if step == self.step else self

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Rollout":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version or a state that this code does not know.
        """
        fields = known_fields(document, "rollout", (SCHEMA_VERSION,))
        if fields["state"] not in get_args(RolloutState):
            raise CorruptArtifactError(f"a rollout in the unknown state {fields['state']!r}")
        return cls(**fields | {"steps": tuple(fields["steps"]), "history": tuple(fields["history"])})


def begun(
    model: str,
    number: int,
    release: int,
    model_version: int,
    champion: int | None,
    cause: RolloutCause,
    actor: str,
    when: str,
    steps: tuple[float, ...],
    reason: str,
) -> Rollout:
    """A rollout at its first step. Where there is no champion to compare with, it gets all of the traffic at once."""
    if champion is None:
        steps = ()
    weight = steps[0] if steps else 1.0
    line = {"time": when, "weight": weight, "reason": reason}
    return Rollout(
        model, number, release, model_version, champion, cause, actor, when, steps, 0, weight, when, history=(line,)
    )
