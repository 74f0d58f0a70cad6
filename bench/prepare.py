"""What the measurements stand on: the peers' environment, the model, real rows, and each contender's folder."""

import hashlib
import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.peer_environment import Peers, peer_environment, run
from functions.adapters.model_folder import FolderCode, load_settings
from functions.retrain.dataset import load_dataset
from functions.retrain.split import split, training_set
from functions.retrain.train import train
from infra.dependencies import native_platform
from infra.function_code import build
from trimtab.local.runtime_folder import runtime_folder

ROOT = Path(__file__).parent.parent
BUILD = ROOT / ".build"
MODEL_FOLDER = ROOT / "models" / "flights"
LARGEST_BATCH = 100
type Report = Callable[[str], None]
type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """All that the contenders need."""

    peers: Peers
    model: Path  # folder with model.onnx and contract.json
    rows: tuple[Row, ...]  # flights of March 2013, later than all that was learnt from
    pipeline: Path  # the same estimator fitted on a DataFrame, for scikit-learn
    task: Path  # predict's asset, unpacked
    peer_tasks: Path  # our peers' handlers, compiled
    runtime: Path  # awslambdaric and what it needs


def prepare(report: Report) -> Ground:
    """Build whatever is not there yet."""
    folder = BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    peers = peer_environment("serving", ROOT / "bench" / "requirements.txt", report)
    model = model_copy(folder, report)
    rows, pipeline = _rows_and_pipeline(peers, folder, report)
    return Ground(
        peers, model, rows, pipeline, predict_task(folder), _peer_tasks(folder), runtime_folder(folder / "runtime")
    )


def model_copy(folder: Path, report: Report) -> Path:
    """A copy of the artifact, so that training again meanwhile does not change what is measured."""
    artifact, copy = BUILD / "artifacts" / "flights", folder / "model"
    if not (artifact / "reference.json").is_file():  # nor one from before there was any
        report("training flights")
        train(MODEL_FOLDER, artifact, report)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(artifact, copy)
    return copy


def predict_task(folder: Path) -> Path:
    """predict's asset for this machine, unpacked below `folder` as Lambda unpacks it to /var/task."""
    asset = build("predict", native_platform())
    target = folder / "predict" / hashlib.sha256(asset.name.encode()).hexdigest()[:16]
    if not target.is_dir():
        shutil.rmtree(target.parent, ignore_errors=True)
        unfinished = target.with_suffix(".new")
        with zipfile.ZipFile(asset) as archive:
            archive.extractall(unfinished)
        unfinished.rename(target)
    return target


def python_command(python: Path, *arguments: str | Path) -> None:
    """Run a Python to its end.

    Raises:
        UnavailableError: it failed; with what it said.
    """
    run([str(python), *map(str, arguments)])


def _rows_and_pipeline(peers: Peers, folder: Path, report: Report) -> tuple[tuple[Row, ...], Path]:
    code = hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(MODEL_FOLDER.iterdir()) if path.is_file())
        + (ROOT / "bench" / "requirements.txt").read_bytes()
        + (ROOT / "bench" / "peers" / "fit_scikit_learn.py").read_bytes()
    ).hexdigest()[:16]
    rows_file, pipeline = folder / f"rows-{code}.json", folder / f"pipeline-{code}.joblib"
    if not (rows_file.is_file() and pipeline.is_file()):
        report("reading real flights, and fitting the pipeline on a DataFrame for scikit-learn")
        for outdated in (*folder.glob("rows-*"), *folder.glob("pipeline-*")):
            outdated.unlink()
        settings = load_settings(MODEL_FOLDER)
        dataset = load_dataset(FolderCode(MODEL_FOLDER), settings)
        learnt = split(training_set(dataset, settings), settings).fit
        training = {"rows": list(learnt.rows()), "labels": learnt.labels.tolist()}
        training_file = folder / "training.json"
        training_file.write_text(json.dumps(training))
        python_command(peers.python, ROOT / "bench/peers/fit_scikit_learn.py", MODEL_FOLDER, training_file, pipeline)
        training_file.unlink()
        march = dataset.between(datetime(2013, 3, 1, tzinfo=UTC), datetime(2013, 4, 1, tzinfo=UTC))
        rows_file.write_text(json.dumps(list(march.take(slice(0, 10 * LARGEST_BATCH)).rows())))
    return tuple(json.loads(rows_file.read_text())), pipeline


def _peer_tasks(folder: Path) -> Path:
    """Copies of the peers' handlers with bytecode, as they would lie in their assets."""
    target = folder / "peers"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in (ROOT / "bench" / "peers").glob("*.py"):
        shutil.copyfile(path, target / path.name)
    python_command(Path(sys.executable), "-m", "compileall", "-q", target)
    return target
