"""What the environment tells `predict`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.environment import number, required

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
        published = required(environ, "AWS_LAMBDA_FUNCTION_VERSION")
        contract_sha256 = environ.get("CONTRACT_SHA256")
        return cls(
            model=required(environ, "MODEL"),
            stream=required(environ, "STREAM"),
            region=required(environ, "AWS_REGION"),
            model_dir=Path(required(environ, "MODEL_DIR")),
            model_version=number(environ, "MODEL_VERSION") if contract_sha256 else None,
            contract_sha256=contract_sha256 or None,
            release=None if published == UNPUBLISHED else number(environ, "AWS_LAMBDA_FUNCTION_VERSION"),
            snap_start=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start",
        )
