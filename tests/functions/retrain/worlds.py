"""A bucket with the snapshot of a small model's first training, as `trimtab deploy` leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.retrain.artifact import kept_beside
from functions.retrain.request import RetrainRequest
from functions.retrain.run import Tools, retrain
from functions.retrain.train import TrainingResult
from tests.contract.fake_s3 import FakeS3
from tests.unit.folders import small_folder, trained

BUCKET = "artifacts"


@dataclass
class World:
    """The folder of model `small`, its training by hand, and what lies in the bucket."""

    folder: Path
    by_hand: TrainingResult
    s3: FakeS3 = field(default_factory=FakeS3)
    memory_mb: int = 3_008
    seconds_left: float = 900.0

    @property
    def lake(self) -> DataLake:
        return DataLake(self.s3, BUCKET)

    @property
    def snapshot(self) -> str:
        """The manifest's key."""
        (key,) = [key for _, key in self.s3.objects if key.startswith("training/") and key.endswith(".json")]
        return key

    @property
    def manifest(self) -> SnapshotManifest:
        return SnapshotManifest.from_bytes(self.s3.objects[BUCKET, self.snapshot])

    def keys(self, prefix: str) -> set[str]:
        return {key for _, key in self.s3.objects if key.startswith(prefix)}

    def retrain(self, **asked: str) -> Mapping[str, Any]:
        request = RetrainRequest(asked.get("model", "small"), asked.get("snapshot", self.snapshot))
        return retrain(request, Tools(self.lake, self.folder, self.memory_mb), self.seconds_left)


def world(root: Path) -> World:
    """A model that was trained by hand and whose snapshot is in the bucket."""
    folder = small_folder(root)
    made = World(folder, trained(folder))
    for path in kept_beside(made.by_hand.folder).iterdir():
        made.s3.objects[BUCKET, f"training/model=small/{path.name}"] = path.read_bytes()
    return made
