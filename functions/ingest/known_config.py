"""A model's deployed settings, kept for a while: they change with a deployment, and requests come by the second."""

import sys
from collections.abc import Callable
from typing import Final

from functions.domain.errors import CorruptArtifactError, NotFoundError, UnavailableError
from functions.domain.model_config import ModelConfig

KEPT_MS: Final = 60_000


class KnownConfig:
    """Answers the settings of now; `read` asks the registry, and raises as `MonitoringRegistry.config` does."""

    def __init__(self, read: Callable[[], ModelConfig]) -> None:
        self._read = read
        self._kept: ModelConfig | None = None
        self._read_at = 0

    def at(self, time_ms: int) -> ModelConfig:
        """The settings, read anew where a minute of the requests' own time lies between.

        A registry that does not answer does not stop a model whose settings are known.

        Raises:
            UnavailableError: they are not known, and cannot be had.
        """
        kept = self._kept
        if kept is not None and abs(time_ms - self._read_at) < KEPT_MS:
            return kept
        try:
            kept = self._kept = self._read()
        except (NotFoundError, CorruptArtifactError) as error:
            raise UnavailableError(str(error)) from error
        except UnavailableError as error:
            if kept is None:
                raise
            sys.stdout.write(f"WARNING the settings of {kept.model} are those of {self._read_at}: {error}\n")
        self._read_at = time_ms
        return kept
