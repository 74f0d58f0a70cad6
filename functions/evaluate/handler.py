"""Judges one model over one window: by schedule, or by hand."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.artifacts import artifacts_client
from functions.adapters.data_lake import DataLake, lake_client
from functions.adapters.metric_sums import MetricSums, cloudwatch_client
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.stage_events import StageEvents, events_client
from functions.adapters.table_files import TableFiles
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.names import Names
from functions.evaluate.evaluation import Tools, evaluate
from functions.evaluate.request import EvaluationRequest
from functions.evaluate.settings import Settings


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    store = RegistryTable(registry_client(), settings.registry_table)
    lake = DataLake(lake_client(), settings.data_bucket)
    return Tools(
        registry=Registry(store),
        monitoring=MonitoringRegistry(store),
        lake=lake,
        files=TableFiles(lake, settings.scratch / "table"),
        references=References(DataLake(artifacts_client(), settings.artifact_bucket), lake),
        events=StageEvents(events_client(), settings.event_bus),
        sums=MetricSums(cloudwatch_client()),
        names=Names(settings.stage, account="", region=""),  # no function's name has these two
        memory_mb=settings.memory_mb,
        scratch=settings.scratch,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    try:
        return evaluate(EvaluationRequest.from_event(event), build())
    except (InvalidRequestError, NotFoundError) as error:  # asking again would not help; all else is retried
        return {"error": str(error)}
