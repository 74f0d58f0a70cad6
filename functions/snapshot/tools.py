"""What a snapshot works with."""

from dataclasses import dataclass
from pathlib import Path

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import StillRunning, TrainingRegistry


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores that a snapshot reads and writes; `memory_mb` is what rows may take."""

    registry: Registry
    monitoring: MonitoringRegistry
    trainings: TrainingRegistry
    references: References
    artifacts: DataLake
    files: TableFiles
    still_running: StillRunning
    memory_mb: int
    scratch: Path
