"""Takes the truth, and predictions that were made elsewhere: one function a model."""

import os
from collections.abc import Mapping
from functools import cache
from threading import Thread
from typing import Any

from functions.adapters.firehose import FirehoseSink
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.ingest.api import Api
from functions.ingest.calls import Calls
from functions.ingest.delivery import Delivery
from functions.ingest.known_config import KnownConfig
from functions.ingest.settings import Settings

# A batch may be megabytes, and its sender waits longer than a client does for a prediction.
BUDGET_S, ATTEMPT_S = 8.0, 4.0


@cache
def build() -> Api:
    settings = Settings.from_environment(os.environ)
    labels, observations = (
        FirehoseSink(stream, settings.region, budget=BUDGET_S, attempt_timeout=ATTEMPT_S)
        for stream in (settings.label_stream, settings.observation_stream)
    )
    for sink in (labels, observations):
        Thread(target=sink.warm_up, daemon=True).start()
    registry = MonitoringRegistry(RegistryTable(registry_client(), settings.registry_table))
    config = KnownConfig(lambda: registry.config(settings.model)).at
    calls = Calls(
        config,
        Delivery("labels", settings.model, labels),
        Delivery("observations", settings.model, observations),
    )
    return Api(settings.model, config, calls)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one REST proxy event of API Gateway."""
    return build().answer(event)
