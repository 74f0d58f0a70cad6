"""A model's deployed settings, brought to the registry."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from functions.bootstrap.deployment import Deployment
from functions.domain.errors import CorruptArtifactError, InvalidRequestError
from functions.domain.model_config import ModelConfig


class DeployedSettings(Protocol):
    """Where settings are kept; `MonitoringRegistry` is one."""

    def configure(self, config: ModelConfig, actor: str, when: str) -> bool: ...


def keep_settings(registry: DeployedSettings, properties: Mapping[str, Any], by: Deployment) -> ModelConfig:
    """Keep what the custom resource's property Config says; the same again changes nothing.

    Raises:
        InvalidRequestError: the property is missing, or no settings of a model.
        ConflictError: others kept changing them.
        UnavailableError: DynamoDB did not answer.
    """
    try:
        config = ModelConfig.from_document(json.loads(properties["Config"]))
    except KeyError as error:
        raise InvalidRequestError(f"the custom resource's settings lack {error}") from error
    except (AttributeError, TypeError, ValueError, CorruptArtifactError) as error:
        raise InvalidRequestError(f"the custom resource's property Config holds no settings: {error}") from error
    registry.configure(config, by.actor, by.time)
    return config
