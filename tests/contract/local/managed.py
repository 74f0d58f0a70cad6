"""The management API over a local cloud that has no function `manage`: the same code, in this process."""

import json
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.deployed_models import DeployedModels
from functions.adapters.function_calls import FunctionCalls
from functions.adapters.registry_table import RegistryTable
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signed_urls import SignedUrls
from functions.adapters.state_machines import StateMachines
from functions.manage.api import Api
from functions.manage.tools import Tools
from tests.functions.manage.client import ANN, FakeKey, NoLogs, management_event
from trimtab.judge_now import now
from trimtab.management import ERRORS
from trimtab.stage import Stage


class InProcess:
    """Stands in for `trimtab.management.Management`; ann signs."""

    def __init__(self, stage: Stage) -> None:
        self._stage, names, s3 = stage, stage.names, stage.client("s3")
        tools = Tools(
            store=RegistryTable(stage.client("dynamodb"), names.registry_table),
            data=DataLake(s3, names.data_bucket),
            artifacts=DataLake(s3, names.artifact_bucket),
            functions=FunctionCalls(stage.client("lambda"), names),
            machines=StateMachines(stage.client("stepfunctions"), names.state_machine_arn("{model}")),
            urls=SignedUrls(s3, names.artifact_bucket),
            deployed=DeployedModels(stage.client("ssm"), names),
            key=FakeKey(),
            sealed=SealedHeads(s3, names.audit_bucket),
            logs=NoLogs(),
            names=names,
        )
        self._api = Api(tools)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._asked("GET", path, query)

    def post(self, path: str) -> dict[str, Any]:
        return self._asked("POST", path, {})

    def _asked(self, method: str, path: str, query: dict[str, str]) -> dict[str, Any]:
        event = management_event(method, path, None, query, ANN)
        event["requestContext"]["requestTimeEpoch"] = round(now(self._stage).timestamp() * 1000)
        answer = self._api.answer(event)
        document: dict[str, Any] = json.loads(answer["body"])
        if answer["statusCode"] >= 300:
            raise ERRORS[answer["statusCode"]](document["error"])
        return document
