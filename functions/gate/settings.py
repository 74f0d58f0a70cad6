"""What the environment tells `gate`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.environment import memory_but, required

SPARED_MB = 500  # for Python, its libraries, and the models' sessions


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory_mb` is what rows may take, `scratch` where the table's files are kept."""

    registry_table: str
    data_bucket: str
    artifact_bucket: str
    event_bus: str
    register_function: str
    memory_mb: int
    scratch: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing or malformed; the text has its name.
        """
        return cls(
            registry_table=required(environ, "REGISTRY_TABLE"),
            data_bucket=required(environ, "DATA_BUCKET"),
            artifact_bucket=required(environ, "ARTIFACT_BUCKET"),
            event_bus=required(environ, "EVENT_BUS"),
            register_function=required(environ, "REGISTER_FUNCTION"),
            memory_mb=memory_but(environ, SPARED_MB),
            scratch=Path(required(environ, "HOME")),
        )
