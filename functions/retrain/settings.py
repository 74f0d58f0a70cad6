"""What the environment tells `retrain`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.domain.errors import MisconfiguredError


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
        memory = _required(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        if not memory.isdigit():
            raise MisconfiguredError(f"AWS_LAMBDA_FUNCTION_MEMORY_SIZE should be a number of MB, not {memory!r}")
        return cls(_required(environ, "MODEL"), _required(environ, "ARTIFACT_BUCKET"), int(memory))


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise MisconfiguredError(f"the environment variable {name} is not set")
    return value
