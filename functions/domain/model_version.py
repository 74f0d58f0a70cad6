"""A model and its versions, as the registry keeps them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from functions.domain.approval import Approval, ApprovalConfig, Proposal
from functions.domain.caller import person_of
from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.traffic import Traffic

SCHEMA_VERSION = 1  # of documents without a version of their own
VERSION_VERSION = 2  # of ModelVersion; 1 knew no approvals, and its author only by name
RECORD_VERSION = 2  # of ModelRecord; 1 knew no rollouts, and reads as a model without any

VersionState = Literal["registered", "rejected", "approved", "retired"]

_NEXT: Mapping[VersionState, tuple[VersionState, ...]] = {
    "registered": ("approved", "rejected"),
    "approved": ("retired",),
    "rejected": (),
    "retired": ("approved",),  # its releases were pruned; a person may deploy it again
}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """An immutable artifact's place in its model's history. Digests are SHA-256 in hex.

    `registered_by` is its author, `author_person` the person behind that name, None where there is none. `evidence_at`
    is when that was found which it is approved for: the gate's decision, or None for its registration.
    """

    model: str
    number: int
    artifact_digest: str
    contract_digest: str
    onnx_digest: str
    registered_at: str
    registered_by: str
    state: VersionState = "registered"
    reason: str | None = None
    author_person: str | None = None
    evidence_at: str | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def author(self) -> str:
        return self.registered_by

    @property
    def proposal(self) -> Proposal:
        """What there is to approve."""
        name = f"version {self.number} of {self.model}"
        return Proposal(name, self.author_person, self.evidence_at or self.registered_at, self.approvals)

    def renewed(self, evidence_at: str, config: ApprovalConfig, now: datetime) -> "ModelVersion":
        """The same version with newer evidence, where its own is too old to be approved for; approvals start anew."""
        if not self.proposal.expired(config, now):
            return self
        return replace(self, evidence_at=evidence_at, approvals=())

    def moved_to(self, state: VersionState, reason: str | None = None) -> "ModelVersion":
        """The same version in its next state.

        Raises:
            ConflictError: that state cannot follow the present one.
        """
        if state not in _NEXT[self.state]:
            why = f" ({self.reason})" if self.reason else ""
            raise ConflictError(f"{self.model} version {self.number} is {self.state}{why}: it cannot become {state}")
        approvals = () if state == "retired" else self.approvals  # who wants it back must say so again
        return replace(self, state=state, reason=reason, approvals=approvals)

    def to_document(self) -> dict[str, Any]:
        return {"v": VERSION_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelVersion":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version or a state that this code does not know.
        """
        fields = known_fields(document, "model version", (1, VERSION_VERSION))
        if fields["state"] not in get_args(VersionState):
            raise CorruptArtifactError(f"a model version in the unknown state {fields['state']!r}")
        if document["v"] == 1:
            fields["author_person"] = person_of(fields["registered_by"])
        fields["approvals"] = tuple(Approval(**approval) for approval in fields.get("approvals", ()))
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What is true of a model as a whole.

    `desired`, `canary` and `weight` are where the traffic shall go, `live`, `live_canary` and `live_weight` where it
    was last seen to be sent to: they differ only while a run is at work, or after one died. All are None or 0 before
    the first release. `candidate` is the version that shall be live: set where one is approved, and where live goes
    back. `code` is the code digest that was last taken up: other code of the function is new. `rollout` is the number
    of the rollout under way, `rollouts` how many there were, `pruned` of them those after which old releases were
    removed.
    """

    model: str
    versions: int = 0
    desired: int | None = None
    live: int | None = None
    canary: int | None = None
    weight: float = 0.0
    live_canary: int | None = None
    live_weight: float = 0.0
    candidate: int | None = None
    code: str | None = None
    rollout: int | None = None
    rollouts: int = 0
    pruned: int = 0

    @property
    def wanted(self) -> Traffic:
        """Where the traffic shall go."""
        return Traffic(self.desired, self.canary, self.weight)

    @property
    def confirmed(self) -> Traffic:
        """Where the traffic was last seen to be sent to."""
        return Traffic(self.live, self.live_canary, self.live_weight)

    def wanting(self, traffic: Traffic) -> "ModelRecord":
        """The same record, with other traffic wanted."""
        return replace(self, desired=traffic.release, canary=traffic.canary, weight=traffic.weight)

    def confirming(self, traffic: Traffic) -> "ModelRecord":
        """The same record, with the traffic seen to be so."""
        return replace(self, live=traffic.release, live_canary=traffic.canary, live_weight=traffic.weight)

    def to_document(self) -> dict[str, Any]:
        return {"v": RECORD_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelRecord":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        return cls(**known_fields(document, "model", (1, RECORD_VERSION)))


def known_fields(
    document: Mapping[str, Any], what: str, versions: tuple[int, ...] = (SCHEMA_VERSION,)
) -> dict[str, Any]:
    """A registry document without its schema version.

    Raises:
        CorruptArtifactError: of a schema version that this code does not know.
    """
    if document.get("v") not in versions:
        raise CorruptArtifactError(
            f"the registry holds a {what} of schema version {document.get('v')!r}; this code reads "
            + " and ".join(map(str, versions))
        )
    return {key: value for key, value in document.items() if key != "v"}
