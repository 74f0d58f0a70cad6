"""Decides what a training learns from, first state of a model's state machine; records where one fails."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.artifacts import artifacts_client
from functions.adapters.data_lake import DataLake, lake_client
from functions.adapters.executions import Executions, states_client
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import InvalidRequestError
from functions.snapshot.request import EndRequest, SnapshotRequest
from functions.snapshot.settings import Settings
from functions.snapshot.snapshot import end, snapshot
from functions.snapshot.tools import Tools


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    store = RegistryTable(registry_client(), settings.registry_table)
    lake = DataLake(lake_client(), settings.data_bucket)
    artifacts = DataLake(artifacts_client(), settings.artifact_bucket)
    return Tools(
        registry=Registry(store),
        monitoring=MonitoringRegistry(store),
        trainings=TrainingRegistry(store),
        references=References(artifacts, lake),
        artifacts=artifacts,
        files=TableFiles(lake, settings.scratch / "table"),
        still_running=Executions(states_client(), settings.executions).still_running,
        memory_mb=settings.memory_mb,
        scratch=settings.scratch,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Errors are raised: the state machine tries again, and records what stays."""
    match event.get("action"):
        case "snapshot":
            return snapshot(SnapshotRequest.from_event(event), build())
        case "failed" | "refused" as state:
            return end(EndRequest.from_event(event), state, build())
        case other:
            raise InvalidRequestError(f"action is one of snapshot, failed, refused, not {other!r}")
