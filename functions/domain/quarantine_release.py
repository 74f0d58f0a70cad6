"""What a person let out of quarantine, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError, InvalidRequestError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class QuarantineRelease:
    """Rows that are learnt from whatever speaks against them: one by its id, or those that one sender labelled.

    With a sender, rows predicted in [start, end) (ISO 8601 in UTC; None leaves that side open).
    """

    model: str
    reason: str
    actor: str
    time: str
    id: str | None = None
    sender: str | None = None
    start: str | None = None
    end: str | None = None

    def __post_init__(self) -> None:
        if (self.id is None) == (self.sender is None):
            raise InvalidRequestError("name the rows to release either by --release ID or by --sender S")
        if not self.reason.strip():
            raise InvalidRequestError('a release from quarantine takes a reason: --reason "…"')

    @property
    def digest(self) -> str:
        """The same rows released again, for the same reason, are the same release."""
        said = (self.model, self.id, self.sender, self.start, self.end, self.reason, self.actor)
        return digest_of(canonical_json({"of": list(said)}))

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """From when to when rows were predicted, in UTC."""
        start, end = (None if at is None else datetime.fromisoformat(at) for at in (self.start, self.end))
        return start, end

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "QuarantineRelease":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        if document.get("v") != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"a release from quarantine of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}"
            )
        return cls(**{key: value for key, value in document.items() if key != "v"})
