"""What the environment tells `gate`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import MisconfiguredError

SPARED_MB = 500  # for Python, its libraries, and the models' sessions


@dataclass(frozen=True, slots=True)
class Settings:
    """`memory_mb` is what rows may take, `scratch` where the table's files are kept."""

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
        memory = _required(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        if not memory.isdigit():
            raise MisconfiguredError(f"AWS_LAMBDA_FUNCTION_MEMORY_SIZE should be a number of MB, not {memory!r}")
        return cls(
            registry_table=_required(environ, "REGISTRY_TABLE"),
            data_bucket=_required(environ, "DATA_BUCKET"),
            artifact_bucket=_required(environ, "ARTIFACT_BUCKET"),
            event_bus=_required(environ, "EVENT_BUS"),
            memory_mb=max(256, int(memory) - SPARED_MB),
            scratch=Path(_required(environ, "HOME")),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise MisconfiguredError(f"the environment variable {name} is not set")
    return value
