"""What the gate works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.stage_events import StageEvents
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import TrainingRegistry
from functions.gate.versions import Versions


class Registering(Protocol):
    """`adapters/register_call.py` says what the call does and raises."""

    def register(
        self,
        model: str,
        artifact: str,
        author: str,
        person: str | None,
        time: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores that the gate reads and writes, and who registers. `bucket` is the artifact bucket."""

    registry: Registry
    monitoring: MonitoringRegistry
    trainings: TrainingRegistry
    references: References
    versions: Versions
    registering: Registering
    bucket: DataLake
    files: TableFiles
    events: StageEvents
    memory_mb: int
    scratch: Path
