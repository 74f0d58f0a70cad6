"""What the gate works with."""

from dataclasses import dataclass
from pathlib import Path

from functions.adapters.artifacts import Artifacts
from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.stage_events import StageEvents
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import TrainingRegistry
from functions.gate.versions import Versions


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores that the gate reads and writes. `bucket` is the artifact bucket, `artifacts` its registered part."""

    registry: Registry
    monitoring: MonitoringRegistry
    trainings: TrainingRegistry
    references: References
    versions: Versions
    artifacts: Artifacts
    bucket: DataLake
    files: TableFiles
    events: StageEvents
    memory_mb: int
    scratch: Path
