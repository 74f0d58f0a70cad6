"""Reads what a training learns from: a snapshot's manifest, and the rows that it lists, each checked by its digest."""

from collections.abc import Sequence

from functions.adapters.data_lake import Readable
from functions.adapters.write_once import get_checked
from functions.domain.contract import Feature
from functions.domain.dataset import Dataset
from functions.domain.errors import CorruptArtifactError
from functions.domain.holdout import Split, split_of
from functions.domain.snapshot_manifest import GoldenFile, SnapshotManifest, TrainingFile, digest_in_key
from functions.domain.training_file import from_bytes


def read_manifest(artifacts: Readable, model: str, key: str) -> SnapshotManifest:
    """The manifest that lies under a key of this model.

    Raises:
        InvalidRequestError: the key is none of this model's.
        NotFoundError: it is not there; CorruptArtifactError: it is not what its key says.
        UnavailableError: S3 did not answer.
    """
    manifest = SnapshotManifest.from_bytes(get_checked(artifacts, key, digest_in_key(model, key, "json")))
    if manifest.model != model:
        raise CorruptArtifactError(f"{key} is a snapshot of model {manifest.model!r}, not of {model!r}")
    return manifest


def read_split(artifacts: Readable, manifest: SnapshotManifest, features: Sequence[Feature]) -> Split:
    """The rows of all files of a manifest, cut as it says.

    Raises:
        ModelFolderError: a file lacks a feature. Others as `read_manifest`.
    """
    return split_of(manifest, [read_rows(artifacts, file, features) for file in manifest.files])


def read_rows(artifacts: Readable, file: TrainingFile | GoldenFile, features: Sequence[Feature]) -> Dataset:
    """The rows of one file.

    Raises:
        ModelFolderError: it lacks a feature. Others as `read_manifest`.
    """
    rows = from_bytes(get_checked(artifacts, file.key, file.sha256), features)
    if len(rows) != file.rows:
        raise CorruptArtifactError(f"{file.key} has {len(rows):,} rows, and its manifest says {file.rows:,}")
    return rows
