"""What the environment tells `retrain`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.adapters.environment import MEMORY, number, required


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory_mb` is the function's own, of which all is for fitting."""

    model: str
    artifact_bucket: str
    memory_mb: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing or malformed; the text has its name.
        """
        return cls(required(environ, "MODEL"), required(environ, "ARTIFACT_BUCKET"), number(environ, MEMORY))
