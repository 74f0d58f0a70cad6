"""The audit chain's head as it is sealed: written once an hour where nobody can rewrite it."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from functions.domain.audit import Head
from functions.domain.canonical_json import canonical_json
from functions.domain.errors import CorruptArtifactError
from functions.domain.windows import iso

SCHEMA_VERSION = 1
PREFIX = "heads/"
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SealedHead:
    """`number` and `digest` are the chain's newest entry's at `time` (ISO, UTC); 0 and zeros before the first entry.

    `every_hours` is when the next one is due.
    """

    stage: str
    number: int
    digest: str
    time: str
    every_hours: int

    @property
    def head(self) -> Head:
        return Head(self.number, self.digest)

    @property
    def key(self) -> str:
        """Where it lies: one an hour."""
        return head_key(datetime.fromisoformat(self.time))

    @property
    def next_due(self) -> datetime:
        """The end of the hour in which the next one is due."""
        hour = datetime.fromisoformat(self.time).replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=self.every_hours + 1)

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8."""
        return canonical_json({"v": SCHEMA_VERSION, **asdict(self)}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "SealedHead":
        """Read a sealed head.

        Raises:
            CorruptArtifactError: it is none, or of a schema version that this code does not know.
        """
        try:
            document = json.loads(data)
            if document.pop("v") == SCHEMA_VERSION:
                sealed = cls(**document)
                if isinstance(sealed.number, int) and _HEX.fullmatch(sealed.digest) and sealed.next_due.tzinfo:
                    return sealed
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise CorruptArtifactError(f"this is no sealed head: {error!r}") from error
        raise CorruptArtifactError("this is no sealed head, or one of a schema version that this code does not know")


def sealed(stage: str, head: Head, at: datetime, every_hours: int) -> SealedHead:
    """A head as it is sealed at a moment."""
    return SealedHead(stage, head.number, head.digest, iso(at), every_hours)


def head_key(at: datetime) -> str:
    """The object of the hour (UTC) that a moment lies in."""
    return f"{PREFIX}dt={at.astimezone(UTC):%Y-%m-%d}/{at.astimezone(UTC):%H}.json"
