"""Writes what a training learns from: rows, quarantine and manifest, each named by its digest and written once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from functions.adapters.data_lake import DataLake
from functions.adapters.write_once import put_once
from functions.domain.canonical_json import digest_of
from functions.domain.dataset import Dataset
from functions.domain.snapshot_manifest import (
    QuarantineSummary,
    SnapshotManifest,
    Suffix,
    TrainingFile,
    training_key,
)
from functions.domain.training_file import to_bytes
from functions.snapshot.quarantine import Quarantined


class TrainingFiles:
    """The artifact bucket's `training/` of one model; `scratch` is where DuckDB writes Parquet first."""

    def __init__(self, artifacts: DataLake, model: str, scratch: Path) -> None:
        self._artifacts = artifacts
        self._model = model
        self._scratch = scratch

    def log(self, rows: Dataset) -> TrainingFile:
        """Keep rows of the log."""
        body = to_bytes(rows)
        return TrainingFile(self._put(body, "npz"), digest_of(body), len(rows), "log")

    def quarantine(self, found: Quarantined) -> QuarantineSummary:
        """Keep what was kept out, with its reasons; no file where nothing was."""
        if not len(found.ids):
            return QuarantineSummary()
        key = self._put(self._parquet(found), "parquet")
        return QuarantineSummary(key, len(found.ids), _counts(found.reasons), _counts(found.senders))

    def manifest(self, manifest: SnapshotManifest) -> str:
        """Keep the manifest; its key."""
        return self._put(manifest.to_bytes(), "json")

    def _put(self, body: bytes, suffix: Suffix) -> str:
        key = training_key(self._model, digest_of(body), suffix)
        put_once(self._artifacts, key, body)
        return key

    def _parquet(self, found: Quarantined) -> bytes:
        """One row a quarantined row. One thread: the same rows are the same bytes."""
        path = self._scratch / "quarantine.parquet"
        columns = {"id": found.ids, "time": found.times, "sender": found.senders}
        columns |= {"reason": found.reasons, "detail": found.details}
        with duckdb.connect(config={"threads": 1}) as con:
            con.register("kept_out", columns)
            con.execute(f"copy (select * from kept_out) to '{path}' (format parquet, compression zstd)")
        body = path.read_bytes()
        path.unlink()
        return body


def _counts(values: Sequence[str] | np.ndarray[tuple[int], np.dtype[np.object_]]) -> Mapping[str, int]:
    """How often each value is there, the most frequent first."""
    names, counts = np.unique(np.asarray(values, dtype=str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(names[place]): int(counts[place]) for place in order}
