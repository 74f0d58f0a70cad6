"""The rows that a challenger is judged on: those of its snapshot, the golden set, and who the champion is."""

from dataclasses import dataclass

import numpy as np

from functions.adapters.data_lake import DataLake
from functions.adapters.training_rows import read_rows
from functions.domain.dataset import Dataset, joined, moment
from functions.domain.errors import CorruptArtifactError
from functions.domain.holdout import Split, parsed, split_of
from functions.domain.model_config import ModelConfig
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.gate.versions import Champion


@dataclass(frozen=True, slots=True)
class SnapshotRows:
    """`parts` as the fit had them; `log` are held-out rows of the log alone, which the comparison is made on."""

    parts: Split
    log: Dataset
    golden: Dataset | None


def snapshot_rows(bucket: DataLake, manifest: SnapshotManifest, config: ModelConfig) -> SnapshotRows:
    """The rows of a snapshot, cut as it says.

    Raises:
        NotFoundError, CorruptArtifactError: a file is not there, or not what the manifest says.
        ModelFolderError: model.toml has changed since, and the rows lack a feature.
    """
    if manifest.hold_out_from is None:
        raise CorruptArtifactError(f"{manifest.key} holds no newest rows out: it is not a snapshot of the loop's")
    read = {file: read_rows(bucket, file, config.features) for file in manifest.files}
    log = joined([rows for file, rows in read.items() if file.part == "log"])
    golden = None
    if manifest.golden is not None and config.gate.golden:
        golden = read_rows(bucket, manifest.golden, config.features)
    held_out = log.between(parsed(manifest.hold_out_from), None)
    return SnapshotRows(split_of(manifest, list(read.values())), held_out, golden)


def unseen(rows: Dataset, champion: Champion | None) -> Dataset:
    """The rows of after the champion's own fit: on those that it learnt from it would look better than it is."""
    if champion is None or champion.fitted_until is None or rows.time is None:
        return rows
    return rows.take(slice(int(np.searchsorted(rows.time, moment(champion.fitted_until), side="right")), len(rows)))
