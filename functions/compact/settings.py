"""What the environment tells `compact`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.environment import memory_but, required

# What Python and the records of one batch take beside DuckDB, in MB.
SPARED_MB = 900


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory_mb` is DuckDB's share of the function's memory; `scratch` a folder that it may write to."""

    stage: str
    registry_table: str
    data_bucket: str
    artifact_bucket: str
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
            memory_mb=memory_but(environ, SPARED_MB),
            scratch=Path(required(environ, "HOME")),
        )
