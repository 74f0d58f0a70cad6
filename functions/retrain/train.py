"""`train`: from a model's folder to its artifact, both halves of a training in one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.candidate_judge import judge
from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.candidate import Candidate
from functions.domain.dataset import Dataset
from functions.domain.parity import Parity
from functions.retrain.artifact import kept_beside, write_folder
from functions.retrain.dataset import load_dataset, load_golden
from functions.retrain.first_snapshot import Snapshot, first_snapshot
from functions.retrain.fitting import fit
from functions.retrain.imported import imported_artifact
from functions.retrain.progress import Progress
from functions.retrain.split import training_set

DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training made: the artifact's folder and digest, and what was measured on the hold-out."""

    model: str
    folder: Path
    digest: str
    fit_rows: int
    holdout_rows: int
    metrics: Mapping[str, float | None]
    parity: Parity | None


def train(folder: Path, out: Path, report: Callable[[str], None], dataset: Dataset | None = None) -> TrainingResult:
    """Train the model of `folder` and write its artifact to the folder `out`, whole or not at all.

    Beside it, in `<out>.training`, lies what it was learnt from. `dataset` is learnt from in place of what the folder's
    dataset.py gives: all of it, whatever [train] until says. The same data, code and versions give the same bytes, and
    the same as when `retrain` and `gate` do one half each.

    Raises:
        ModelFolderError: the folder does not hold what it should; ParityError: ONNX does not answer as its original.
    """
    settings = load_settings(folder)
    if dataset is not None:
        settings = settings.model_copy(update={"train": settings.train.model_copy(update={"until": None})})
    snapshot = _snapshot(folder, settings, report, dataset)
    parts = snapshot.parts if snapshot else None
    candidate = fit(folder, settings, parts, snapshot.digest if snapshot else None, report)
    imported = imported_artifact(folder, settings)
    judged = judge(Candidate.from_files(candidate.to_files()), parts, report, imported)
    write_folder(kept_beside(out), snapshot.files if snapshot else {})
    write_folder(out, judged.files)
    fit_rows, holdout_rows = (len(parts.fit), len(parts.holdout)) if parts else (0, 0)
    return TrainingResult(
        settings.model.name, out, judged.digest, fit_rows, holdout_rows, judged.metrics, judged.parity
    )


def _snapshot(folder: Path, settings: ModelSettings, report: Progress, dataset: Dataset | None) -> Snapshot | None:
    """The training set, kept; None where a ready-made model comes without data."""
    code = FolderCode(folder)
    if dataset is None:
        if settings.train.onnx is not None and not code.has(DATASET):
            kept = imported_artifact(folder, settings) is not None
            first = (
                "it keeps the reference that it came with"
                if kept
                else "the first window of traffic will be the reference"
            )
            report(f"no dataset.py: no metrics, and {first}")
            return None
        report("reading the data set")
        dataset = load_dataset(code, settings)
    rows = training_set(dataset, settings)
    golden = None if settings.gate.golden is None else load_golden(code, settings)
    return first_snapshot(rows, golden, settings, folder)
