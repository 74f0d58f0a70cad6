"""The rows that a challenger is judged on: those of its snapshot, the golden set, and who the champion is."""

from dataclasses import dataclass

import numpy as np

from functions.adapters.data_lake import DataLake
from functions.adapters.write_once import get_checked
from functions.domain.candidate import FILES, Candidate, candidate_digest
from functions.domain.dataset import Dataset, joined, moment
from functions.domain.errors import CorruptArtifactError
from functions.domain.holdout import Split, parsed, split_of
from functions.domain.model_config import ModelConfig
from functions.domain.snapshot_manifest import SnapshotManifest, digest_in_key
from functions.domain.training_file import from_bytes
from functions.gate.versions import Champion


@dataclass(frozen=True, slots=True)
class SnapshotRows:
    """`parts` as the fit had them; `log` are held-out rows of the log alone, which the comparison is made on."""

    parts: Split
    log: Dataset
    golden: Dataset | None


def manifest_of(bucket: DataLake, model: str, key: str) -> SnapshotManifest:
    """A snapshot's manifest.

    Raises:
        NotFoundError: it is not there.
        CorruptArtifactError: it is not what its key says, or cuts no hold-out by time, as the loop's all do.
    """
    manifest = SnapshotManifest.from_bytes(get_checked(bucket, key, digest_in_key(model, key, "json")))
    if manifest.hold_out_from is None:
        raise CorruptArtifactError(f"{key} has no moment from which rows are held out: it is not one of the loop's")
    return manifest


def snapshot_rows(bucket: DataLake, manifest: SnapshotManifest, config: ModelConfig) -> SnapshotRows:
    """The rows of a snapshot, cut as it says.

    Raises:
        NotFoundError, CorruptArtifactError: a file is not there, or not what the manifest says.
        ModelFolderError: model.toml has changed since, and the rows lack a feature.
    """
    read = {file: from_bytes(get_checked(bucket, file.key, file.sha256), config.features) for file in manifest.files}
    cut = parsed(manifest.hold_out_from or "")
    log = joined([rows for file, rows in read.items() if file.part == "log"])
    golden = None
    if manifest.golden is not None and config.gate.golden:
        golden = from_bytes(get_checked(bucket, manifest.golden.key, manifest.golden.sha256), config.features)
    return SnapshotRows(split_of(manifest, list(read.values())), log.between(cut, None), golden)


def unseen(rows: Dataset, champion: Champion | None) -> Dataset:
    """The rows of after the champion's own fit: on those that it learnt from it would look better than it is."""
    if champion is None or champion.fitted_until is None or rows.time is None:
        return rows
    return rows.take(slice(int(np.searchsorted(rows.time, moment(champion.fitted_until), side="right")), len(rows)))


def candidate_of(bucket: DataLake, prefix: str) -> tuple[Candidate, str]:
    """A candidate and its digest.

    Raises:
        CorruptArtifactError: a file is not there, or they are not those that the prefix names.
    """
    files = {name: found.body for name in FILES if (found := bucket.get(prefix + name)) is not None}
    digest = candidate_digest(files)
    if prefix.rstrip("/").rpartition("/")[2] != digest:
        raise CorruptArtifactError(f"{prefix} holds other files than its name says: train again")
    return Candidate.from_files(files), digest
