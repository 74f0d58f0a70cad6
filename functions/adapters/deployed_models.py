"""Which models have a stack in the stage, and where each is called: told by SSM parameters of theirs."""

from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.names import Names


def parameters_client() -> Any:
    """An SSM client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("ssm", config=Config(connect_timeout=2, read_timeout=5, retries=retries))


class DeployedModels:
    """The models of one stage."""

    def __init__(self, client: Any, names: Names) -> None:
        self._client = client
        self._names = names

    def urls(self) -> dict[str, str]:
        """Where each model is called, by its name.

        Raises:
            UnavailableError: SSM did not answer.
        """
        prefix = self._names.model_parameter("", "").rstrip("/")
        pages = self._client.get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=True)
        found = {}
        with translated("look for the stage's models"):
            for page in pages:
                for parameter in page["Parameters"]:
                    model, _, key = parameter["Name"].removeprefix(prefix).strip("/").partition("/")
                    if key == "url":
                        found[model] = parameter["Value"]
        return found
