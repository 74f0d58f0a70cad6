"""What the last snapshot kept out of training, and how a person lets it in again."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_store import Store
from functions.adapters.training_registry import TrainingRegistry
from functions.adapters.training_rows import read_manifest
from functions.domain.errors import NotFoundError
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.training import Training

LAST_TRAININGS = 200


class Quarantine:
    """One model's: the list that its last snapshot left in the artifact bucket, and the releases in the registry."""

    def __init__(self, store: Store, bucket: DataLake, model: str) -> None:
        self._trainings, self._bucket, self._model = TrainingRegistry(store), bucket, model

    def document(self, rows: int) -> dict[str, Any]:
        """How many rows are kept out, for which reason and of whom; the first `rows` of them; what was released.

        Raises:
            NotFoundError: there is no snapshot yet.
            CorruptArtifactError: its files are not what they should be.
        """
        training = self._last()
        manifest = read_manifest(self._bucket, self._model, str(training.snapshot))
        kept_out = manifest.quarantine
        return {
            "model": self._model,
            "snapshot": training.snapshot,
            "as_of": manifest.as_of,
            "learnt_from": manifest.rows.log,
            "quarantined": kept_out.rows,
            "by_reason": dict(kept_out.by_reason),
            "by_sender": dict(kept_out.by_sender),
            "key": kept_out.key,
            "rows": self._rows(kept_out.key, rows),
            "released": [asdict(release) for release in self.released()],
        }

    def released(self) -> list[QuarantineRelease]:
        """What people let in again, oldest first."""
        return sorted(self._trainings.released(self._model), key=lambda release: (release.time, release.digest))

    def release(self, release: QuarantineRelease) -> bool:
        """Let rows in again from the next snapshot on; False where they were let in so already."""
        return self._trainings.release(release)

    def _last(self) -> Training:
        for training in reversed(self._trainings.trainings(self._model, LAST_TRAININGS)):
            if training.snapshot is not None:
                return training
        raise NotFoundError(f"{self._model} has no snapshot yet: `trimtab retrain {self._model}` makes one")

    def _rows(self, key: str | None, most: int) -> list[dict[str, Any]]:
        """The newest rows of the list."""
        if key is None or most < 1:
            return []
        import duckdb  # takes a while to import, and most commands do without

        found = self._bucket.get(key)
        if found is None:
            raise NotFoundError(f"{key} is not in the artifact bucket")
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
            path = Path(folder) / "rows.parquet"
            path.write_bytes(found.body)
            read = con.execute(
                "select * from read_parquet($path) order by time desc, id limit $most", _named(path, most)
            )
            names = [column[0] for column in read.description]
            return [dict(zip(names, row, strict=True)) for row in read.fetchall()]


def _named(path: Path, most: int) -> dict[str, Any]:
    return {"path": str(path), "most": most}
