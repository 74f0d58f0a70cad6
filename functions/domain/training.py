"""A training: one run of the correction's state machine, from its snapshot to the gate's decision."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from functions.domain.errors import ConflictError, CorruptArtifactError

SCHEMA_VERSION = 1

Cause = Literal["verdict", "schedule", "person"]
TrainingState = Literal["running", "skipped", "refused", "passed", "failed"]
TrainingStep = Literal["snapshot", "retrain", "gate"]

_JUDGED: tuple[TrainingState, ...] = ("refused", "passed")


@dataclass(frozen=True, slots=True)
class Training:
    """What the registry keeps of one. Times are ISO 8601 in UTC; `started_at` is the time of the event that set it off.

    `step` is the one that it is at, or ended at. `snapshot` is the key of its manifest, `candidate` the prefix of what
    it fitted, `gate` the key of the decision (all in the artifact bucket); `version` is what passed. `labels` counts
    the labelled rows of the log that were new to it.
    """

    model: str
    execution: str
    cause: Cause
    actor: str
    started_at: str
    state: TrainingState = "running"
    step: TrainingStep = "snapshot"
    labels: int | None = None
    snapshot: str | None = None
    fit_rows: int | None = None
    holdout_rows: int | None = None
    quarantined: int | None = None
    candidate: str | None = None
    version: int | None = None
    gate: str | None = None
    reasons: tuple[str, ...] = ()
    ended_at: str | None = None

    @property
    def judged(self) -> bool:
        """Whether it came to a word on what it had learnt; not where its snapshot found nothing to learn from."""
        return self.state in _JUDGED and self.step != "snapshot"

    def ended(self, state: TrainingState, reasons: tuple[str, ...], when: str) -> "Training":
        """The same training, at its end.

        Raises:
            ConflictError: it has ended otherwise already.
        """
        if self.state not in ("running", state):
            raise ConflictError(f"training {self.execution} of {self.model} is {self.state}: it cannot become {state}")
        return replace(self, state=state, reasons=reasons, ended_at=when)

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Training":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version, a state, a step or a cause that this code does not know.
        """
        known = {"state": TrainingState, "step": TrainingStep, "cause": Cause}
        odd = [f"{name} {document.get(name)!r}" for name, of in known.items() if document.get(name) not in get_args(of)]
        if document.get("v") != SCHEMA_VERSION or odd:
            raise CorruptArtifactError(
                f"a training of schema version {document.get('v')!r}{''.join(f', {what}' for what in odd)}; "
                f"this code reads {SCHEMA_VERSION}"
            )
        fields = {key: value for key, value in document.items() if key != "v"}
        return cls(**{**fields, "reasons": tuple(fields["reasons"])})
