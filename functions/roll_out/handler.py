"""`roll_out`: brings a model's release live. Errors that are meant for a person are answered, not raised."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.artifacts import Artifacts, artifacts_client
from functions.adapters.lambda_releases import LambdaReleases, lambda_client
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.domain.errors import TrimtabError
from functions.domain.names import Names
from functions.roll_out.deploy import deploy
from functions.roll_out.run import DeployRequest, Run, Tools
from functions.roll_out.settings import Settings


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    return Tools(
        Registry(RegistryTable(registry_client(), settings.registry_table)),
        LambdaReleases(lambda_client()),
        Artifacts(artifacts_client(), settings.artifact_bucket),
        Names(settings.stage, account="", region=""),  # no function's or layer's name has these two
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    try:
        return deploy(Run(context.aws_request_id, DeployRequest.from_event(event), build())).to_document()
    except TrimtabError as error:
        return {"error": str(error)}
