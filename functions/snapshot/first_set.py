"""Finds the first training set and the golden set: files that a version's own snapshot names."""

from collections.abc import Iterator
from dataclasses import dataclass
from json import loads

from functions.adapters.data_lake import DataLake
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.training_rows import read_manifest
from functions.domain.model_version import ModelVersion
from functions.domain.snapshot_manifest import GoldenFile, SnapshotManifest, TrainingFile, training_key

LINEAGE = "lineage.json"
LOOK_BACK = 100  # versions


@dataclass(frozen=True, slots=True)
class FirstSet:
    """Files of the first training set, none where no version has one that is kept; `golden` where there is one."""

    files: tuple[TrainingFile, ...] = ()
    golden: GoldenFile | None = None


def first_set(model: str, registry: Registry, references: References, artifacts: DataLake) -> FirstSet:
    """What the newest version up to the live one learnt from that did not come from the log.

    A version that was made by hand has a first set of its own; one that the loop made names that of the one before it.

    Raises:
        NotFoundError, CorruptArtifactError: a version's snapshot is not there, or not what its lineage names.
        UnavailableError: S3 or DynamoDB did not answer.
    """
    files: tuple[TrainingFile, ...] = ()
    golden: GoldenFile | None = None
    for version in _from_live_back(model, registry):
        manifest = manifest_of(version, references, artifacts)
        if manifest is None:
            continue
        files = files or tuple(file for file in manifest.files if file.part == "first")
        golden = golden or manifest.golden
        if files:
            break
    return FirstSet(files, golden)


def manifest_of(version: ModelVersion, references: References, artifacts: DataLake) -> SnapshotManifest | None:
    """The snapshot that a version's lineage names; None where it has none: it is of before them, or of no rows."""
    lineage = loads(references.files(version, (LINEAGE,))[LINEAGE])
    digest = (lineage.get("data") or {}).get("snapshot")
    if digest is None:
        return None
    return read_manifest(artifacts, version.model, training_key(version.model, digest, "json"))


def _from_live_back(model: str, registry: Registry) -> Iterator[ModelVersion]:
    record = registry.model(model)
    if record.live is None:
        return
    newest = registry.release(model, record.live).model_version
    for number in range(newest, max(0, newest - LOOK_BACK), -1):
        yield registry.version(model, number)
