"""Judges what was retrained, last state of a model's state machine; and what a canary has shown, for roll_out."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.artifacts import artifacts_client
from functions.adapters.data_lake import DataLake, lake_client
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.register_call import RegisterCall, register_client
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.stage_events import StageEvents, events_client
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import InvalidRequestError
from functions.gate.canary import canary
from functions.gate.gate import gate
from functions.gate.request import CanaryRequest, GateRequest
from functions.gate.settings import Settings
from functions.gate.tools import Tools
from functions.gate.versions import Versions


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    store = RegistryTable(registry_client(), settings.registry_table)
    lake = DataLake(lake_client(), settings.data_bucket)
    bucket = DataLake(artifacts_client(), settings.artifact_bucket)
    registry, references = Registry(store), References(bucket, lake)
    return Tools(
        registry=registry,
        monitoring=MonitoringRegistry(store),
        trainings=TrainingRegistry(store),
        references=references,
        versions=Versions(registry, references),
        registering=RegisterCall(register_client(), settings.register_function),
        bucket=bucket,
        files=TableFiles(lake, settings.scratch / "table"),
        events=StageEvents(events_client(), settings.event_bus),
        memory_mb=settings.memory_mb,
        scratch=settings.scratch,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Errors are raised: the state machine tries again, and records what stays."""
    match event.get("action"):
        case "gate":
            return gate(GateRequest.from_event(event), build(), _say)
        case "canary":
            return canary(CanaryRequest.from_event(event), build())
        case other:
            raise InvalidRequestError(f"action is one of gate, canary, not {other!r}")


def _say(line: str) -> None:
    print(line, flush=True)
