"""What the gate decided of a challenger, with every number that it looked at; kept whether it passes or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from functions.domain.canonical_json import canonical_json
from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1

Outcome = Literal["passed", "refused"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a challenger must show: whether it did, in words for people, and the numbers behind it."""

    name: str
    passed: bool
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        return {"name": self.name, "passed": self.passed, "text": self.text, "numbers": dict(self.numbers)}


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The document `gates/model=M/<execution>.json`.

    `champion` is {version, release} or None, `challenger` {candidate, artifact}; `evidence` holds what is told
    beside the checks: which rows were compared, each model's metrics, the last window of real traffic.
    """

    model: str
    execution: str
    as_of: str
    checks: tuple[Check, ...]
    champion: Mapping[str, Any] | None
    challenger: Mapping[str, Any]
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def decision(self) -> Outcome:
        """Passed only if there are checks, and each of them was."""
        return "passed" if self.checks and all(check.passed for check in self.checks) else "refused"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks against it; where nothing does, what it was found to be good for."""
        said = [check for check in self.checks if check.passed is (self.decision == "passed")]
        return tuple(check.text for check in said)

    def to_bytes(self) -> bytes:
        document = {
            "v": SCHEMA_VERSION,
            "model": self.model,
            "execution": self.execution,
            "as_of": self.as_of,
            "decision": self.decision,
            "reasons": list(self.reasons),
            "champion": self.champion,
            "challenger": self.challenger,
            "checks": [check.to_document() for check in self.checks],
            "evidence": self.evidence,
        }
        return canonical_json(document).encode()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "GateDecision":
        """Read a decision.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know, or one that contradicts itself.
        """
        if document.get("v") != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"a gate's decision of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}"
            )
        checks = tuple(Check(**check) for check in document["checks"])
        named: Sequence[str] = ("model", "execution", "as_of", "champion", "challenger", "evidence")
        decision = cls(checks=checks, **{name: document[name] for name in named})
        if decision.decision != document["decision"]:
            raise CorruptArtifactError(f"a gate's decision {document['decision']!r} that its checks contradict")
        return decision


def gate_key(model: str, execution: str) -> str:
    """Where a decision lies in the artifact bucket."""
    return f"gates/model={model}/{execution}.json"
