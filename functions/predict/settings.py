"""What the environment tells `predict`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import MisconfiguredError

UNPUBLISHED = "$LATEST"


@dataclass(frozen=True, slots=True)
class Settings:
    """`release` is the published Lambda version's number.

    `model_version` and `contract_sha256` are there once `roll_out` has published a release; until then, and on
    `$LATEST`, there is nothing to serve.
    """

    model: str
    stream: str
    region: str
    model_dir: Path
    model_version: int | None
    contract_sha256: str | None
    release: int | None
    snap_start: bool

    @property
    def released(self) -> bool:
        return self.contract_sha256 is not None and self.release is not None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing or malformed; the text has its name.
        """
        published = _required(environ, "AWS_LAMBDA_FUNCTION_VERSION")
        contract_sha256 = environ.get("CONTRACT_SHA256")
        return cls(
            model=_required(environ, "MODEL"),
            stream=_required(environ, "STREAM"),
            region=_required(environ, "AWS_REGION"),
            model_dir=Path(_required(environ, "MODEL_DIR")),
            model_version=_number(environ, "MODEL_VERSION") if contract_sha256 else None,
            contract_sha256=contract_sha256 or None,
            release=None if published == UNPUBLISHED else _number(environ, "AWS_LAMBDA_FUNCTION_VERSION"),
            snap_start=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start",
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise MisconfiguredError(f"the environment variable {name} is not set")
    return value


def _number(environ: Mapping[str, str], name: str) -> int:
    value = _required(environ, name)
    if not (value.isascii() and value.isdigit()):
        raise MisconfiguredError(f"the environment variable {name} should be a number, not {value!r}")
    return int(value)
