"""The snapshot of a training by hand: the folder's own rows as files, so that the training can be repeated anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters import folder_code
from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import digest_of
from functions.domain.dataset import Dataset
from functions.domain.holdout import Split, iso, newest_share, split_of
from functions.domain.snapshot_manifest import Counts, GoldenFile, SnapshotManifest, TrainingFile, training_key
from functions.domain.training_file import from_bytes, to_bytes
from functions.retrain.split import split


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`files` are what is kept of it, by the names that their digests give them; `parts` are the rows as read back."""

    digest: str
    files: Mapping[str, bytes]
    parts: Split


def first_snapshot(rows: Dataset, golden: Dataset | None, settings: ModelSettings, folder: Path) -> Snapshot:
    """Keep the labelled rows of a first training set, the golden set if there is one, and the code that learns.

    What is learnt from is what was kept, read back: a repetition has no other rows to start from.

    Raises:
        ModelFolderError: the rows cannot be parted into some to learn from and some to be measured on.
    """
    model, cut, kept = settings.model.name, split(rows, settings), dict[str, bytes]()
    data = to_bytes(rows)
    name = _keep(kept, data, "npz")
    judged_on = None
    if golden is not None:
        golden_name = _keep(kept, to_bytes(golden), "npz")
        judged_on = GoldenFile(training_key(model, golden_name, "npz"), golden_name, len(golden))
    manifest = SnapshotManifest(
        model=model,
        as_of=None,
        files=(TrainingFile(training_key(model, name, "npz"), name, len(rows), "first"),),
        hold_out_from=None if rows.time is None else iso(newest_share(rows.time, settings.train.holdout)),
        fit_rows=len(cut.fit),
        holdout_rows=len(cut.holdout),
        rows=Counts(first=len(rows)),
        seed=settings.train.seed,
        golden=judged_on,
    )
    digest = _keep(kept, manifest.to_bytes(), "json")
    _keep(kept, folder_code.archive(folder), "zip")
    return Snapshot(digest, kept, split_of(manifest, [from_bytes(data, settings.contract_features)]))


def _keep(kept: dict[str, bytes], body: bytes, suffix: str) -> str:
    digest = digest_of(body)
    kept[f"{digest}.{suffix}"] = body
    return digest
