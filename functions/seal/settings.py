"""What the environment tells `seal`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.adapters.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    registry_table: str
    audit_bucket: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing; the text has its name.
        """
        return cls(*(required(environ, name) for name in ("STAGE", "REGISTRY_TABLE", "AUDIT_BUCKET")))
