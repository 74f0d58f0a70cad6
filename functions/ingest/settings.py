"""What the environment tells `ingest`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.adapters.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    model: str
    registry_table: str
    label_stream: str
    observation_stream: str
    region: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing; the text has its name.
        """
        names = ("MODEL", "REGISTRY_TABLE", "LABEL_STREAM", "OBSERVATION_STREAM", "AWS_REGION")
        return cls(*(required(environ, name) for name in names))
