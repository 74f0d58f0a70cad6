"""Makes a table of one model's log: by schedule, before an evaluation by hand, or to repair."""

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.data_lake import DataLake, lake_client
from functions.adapters.function_log import FunctionLogs, logs_client
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.compact.compaction import Tools, compact
from functions.compact.connection import connect
from functions.compact.contracts import Contracts
from functions.compact.request import CompactRequest
from functions.compact.settings import Settings
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.names import Names


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    client = lake_client()
    return Tools(
        monitoring=MonitoringRegistry(RegistryTable(registry_client(), settings.registry_table)),
        lake=DataLake(client, settings.data_bucket),
        contracts=Contracts(DataLake(client, settings.artifact_bucket)),
        logs=FunctionLogs(logs_client()),
        names=Names(settings.stage, account="", region=""),  # no function's name has these two
        con=connect(settings.memory_mb, settings.scratch),
        scratch=settings.scratch,
        pause=time.sleep,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    try:
        request = CompactRequest.from_event(event)
        return compact(request, build(), lambda: context.get_remaining_time_in_millis() / 1000)
    except (InvalidRequestError, NotFoundError) as error:  # asking again would not help; all else is retried
        return {"error": str(error)}
