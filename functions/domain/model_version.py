"""A model and its versions, as the registry keeps them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from functions.domain.errors import ConflictError, CorruptArtifactError

SCHEMA_VERSION = 1

VersionState = Literal["registered", "rejected", "approved", "retired"]

_NEXT: Mapping[VersionState, tuple[VersionState, ...]] = {
    "registered": ("approved", "rejected"),
    "approved": ("retired",),
    "rejected": (),
    "retired": (),
}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """An immutable artifact's place in its model's history. Digests are SHA-256 in hex."""

    model: str
    number: int
    artifact_digest: str
    contract_digest: str
    onnx_digest: str
    registered_at: str
    registered_by: str
    state: VersionState = "registered"
    reason: str | None = None

    def moved_to(self, state: VersionState, reason: str | None = None) -> "ModelVersion":
        """The same version in its next state.

        Raises:
            ConflictError: that state cannot follow the present one.
        """
        if state not in _NEXT[self.state]:
            why = f" ({self.reason})" if self.reason else ""
            raise ConflictError(f"{self.model} version {self.number} is {self.state}{why}: it cannot become {state}")
        return replace(self, state=state, reason=reason)

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelVersion":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version or a state that this code does not know.
        """
        fields = known_fields(document, "model version")
        if fields["state"] not in get_args(VersionState):
            raise CorruptArtifactError(f"a model version in the unknown state {fields['state']!r}")
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What is true of a model as a whole.

    `live` is the release that `live` was last seen to be moved to, `desired` the one it shall be moved to: they
    differ only while a run is at work, or after one died. Both are None before the first release.
    """

    model: str
    versions: int = 0
    desired: int | None = None
    live: int | None = None

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelRecord":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        return cls(**known_fields(document, "model"))


def known_fields(document: Mapping[str, Any], what: str) -> dict[str, Any]:
    """A registry document without its schema version.

    Raises:
        CorruptArtifactError: of a schema version that this code does not know.
    """
    if document.get("v") != SCHEMA_VERSION:
        raise CorruptArtifactError(
            f"the registry holds a {what} of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}"
        )
    return {key: value for key, value in document.items() if key != "v"}
