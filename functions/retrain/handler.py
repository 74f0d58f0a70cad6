"""Fits one model anew on the rows of a snapshot, second state of the model's state machine."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from functions.adapters.artifacts import artifacts_client
from functions.adapters.data_lake import DataLake
from functions.retrain.request import RetrainRequest
from functions.retrain.run import Tools, retrain
from functions.retrain.settings import Settings

ROOT = Path(__file__).parents[2]  # of the asset, where the model's folder lies too


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    lake = DataLake(artifacts_client(), settings.artifact_bucket)
    return Tools(lake, ROOT / "models" / settings.model, settings.memory_mb)


def handler(event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
    """Errors are raised: the state machine tries again, and records what stays."""
    return retrain(RetrainRequest.from_event(event), build(), context.get_remaining_time_in_millis() / 1_000)
