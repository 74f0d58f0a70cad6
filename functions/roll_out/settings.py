"""What the environment tells `roll_out`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.adapters.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    registry_table: str
    artifact_bucket: str
    signing_key: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing; the text has its name.
        """
        return cls(*(required(environ, name) for name in ("STAGE", "REGISTRY_TABLE", "ARTIFACT_BUCKET", "SIGNING_KEY")))
