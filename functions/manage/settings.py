"""What the environment tells `manage`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.adapters.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """`state_machine` is the ARN of the machine that retrains a model, with `{model}` in it; `signing_key` that of the
    key in KMS.
    """

    stage: str
    registry_table: str
    data_bucket: str
    artifact_bucket: str
    audit_bucket: str
    state_machine: str
    signing_key: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MisconfiguredError: one is missing; the text has its name.
        """
        names = ("STAGE", "REGISTRY_TABLE", "DATA_BUCKET", "ARTIFACT_BUCKET", "AUDIT_BUCKET", "STATE_MACHINE")
        return cls(*(required(environ, name) for name in (*names, "SIGNING_KEY")))
