"""Answers the management API: one function for all models of a stage."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.data_lake import DataLake, lake_client
from functions.adapters.deployed_models import DeployedModels, parameters_client
from functions.adapters.executions import states_client
from functions.adapters.function_calls import FunctionCalls, calls_client
from functions.adapters.function_log import FunctionLogs, logs_client
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signatures import Signatures, kms_client
from functions.adapters.signed_urls import SignedUrls, urls_client
from functions.adapters.state_machines import StateMachines
from functions.domain.names import Names
from functions.manage.api import Api
from functions.manage.settings import Settings
from functions.manage.tools import Tools


@cache
def build() -> Api:
    settings, lake = Settings.from_environment(os.environ), lake_client()
    names = Names(settings.stage, account="", region="")  # no function's or parameter's name has these two
    tools = Tools(
        store=RegistryTable(registry_client(), settings.registry_table),
        data=DataLake(lake, settings.data_bucket),
        artifacts=DataLake(lake, settings.artifact_bucket),
        functions=FunctionCalls(calls_client(), names),
        machines=StateMachines(states_client(), settings.state_machine),
        urls=SignedUrls(urls_client(), settings.artifact_bucket),
        deployed=DeployedModels(parameters_client(), names),
        key=Signatures(kms_client(), settings.signing_key),
        sealed=SealedHeads(lake, settings.audit_bucket),
        logs=FunctionLogs(logs_client()),
        names=names,
    )
    return Api(tools)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one REST proxy event of API Gateway."""
    return build().answer(event)
