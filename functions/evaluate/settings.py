"""What the environment tells `evaluate`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.environment import memory_but, required

SPARED_MB = 400  # for Python, numpy and what DuckDB does not count


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory_mb` is what DuckDB may take before it spills to `scratch`, where the table's files are kept as well."""

    stage: str
    registry_table: str
    data_bucket: str
    artifact_bucket: str
    event_bus: str
    memory_mb: int
    scratch: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing or malformed; the text has its name.
        """
        return cls(
            stage=required(environ, "STAGE"),
            registry_table=required(environ, "REGISTRY_TABLE"),
            data_bucket=required(environ, "DATA_BUCKET"),
            artifact_bucket=required(environ, "ARTIFACT_BUCKET"),
            event_bus=required(environ, "EVENT_BUS"),
            memory_mb=memory_but(environ, SPARED_MB),
            scratch=Path(required(environ, "HOME")),
        )
