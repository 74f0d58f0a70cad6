"""The lease: one run at a time works on a model's releases.

No clock decides whether a holder is dead, since events may come in virtual time and clocks differ. A holder renews its
lease at every step; who finds one held watches it, and takes it over when it was not renewed for `SILENCE_S` seconds of
the watcher's own stopwatch. A holder that was only slow finds its renewal refused and stops.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from functions.domain.model_version import SCHEMA_VERSION, known_fields

SILENCE_S = 60.0  # longer than any single call of a living run: an invocation of predict takes 29 s at most
WATCH_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a model. `run` is the Lambda request's id: a retry of one request has the same; None when free."""

    model: str
    run: str | None
    actor: str
    since: str

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Lease":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        return cls(**known_fields(document, "lease"))
