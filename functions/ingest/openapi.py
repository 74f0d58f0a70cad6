"""The OpenAPI document of a model that is hosted elsewhere: all its calls are ingest's."""

from typing import Any, Final

from functions.adapters import openapi
from functions.adapters.openapi_truth import truth_paths, truth_schemas
from functions.domain.model_config import ModelConfig

DESCRIPTION: Final = "Predictions that were made elsewhere, and what turned out to be true."


def document(config: ModelConfig) -> dict[str, Any]:
    """The document, as JSON-able values."""
    schemas = truth_schemas(config.task, config.features, config.positive)
    return openapi.document(config.model, DESCRIPTION, truth_paths(config.model), {"schemas": schemas})
