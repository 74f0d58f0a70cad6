"""Training by hand: the same code that the `retrain` function runs, with progress for a person."""

import hashlib
import json
from pathlib import Path
from typing import Any

from functions.adapters.model_folder import load_settings
from functions.domain.errors import InvalidRequestError
from functions.domain.release_artifact import WITNESS
from functions.retrain.artifact import kept_beside
from trimtab.console import note, step
from trimtab.project import Project


def train_model(project: Project, model: str) -> dict[str, Any]:
    """Train a model and leave its artifact in the project's build folder; what was measured, as a document.

    Raises:
        InvalidRequestError: the model is hosted elsewhere.
        ModelFolderError: the folder does not hold what it should; ParityError: ONNX answers differently.
    """
    from functions.retrain.train import train  # scikit-learn takes seconds to import

    folder, out = project.model_folder(model), project.artifact(model)
    if is_external(project, model):
        raise InvalidRequestError(f"{model} is hosted elsewhere ([train] external): there is nothing to train")
    stamp = _stamp_file(out)
    stamp.unlink(missing_ok=True)
    with step(f"train {model}"):
        result = train(folder, out, lambda text: note(f"    {text}"))
    stamp.write_text(_inputs(folder))
    parity = result.parity
    return {
        "model": model,
        "artifact": str(out),
        "digest": result.digest,
        "fit_rows": result.fit_rows,
        "holdout_rows": result.holdout_rows,
        "metrics": result.metrics,
        "parity": parity and {name: getattr(parity, name) for name in parity.__dataclass_fields__},
    }


def train_if_needed(project: Project, model: str) -> Path:
    """The model's artifact; trained anew only if its folder, the training code or a package has changed."""
    folder, out = project.model_folder(model), project.artifact(model)
    stamp = _stamp_file(out)
    if out.is_dir() and kept_beside(out).is_dir() and stamp.is_file() and stamp.read_text() == _inputs(folder):
        note(f"{model} is trained, and nothing has changed since")
    else:
        train_model(project, model)
    return out


def is_external(project: Project, model: str) -> bool:
    """Whether the model is hosted elsewhere, so that there is nothing to train."""
    return load_settings(project.model_folder(model)).train.external


def example_row(artifact: Path) -> dict[str, Any]:
    """A row that a client might send: the first of those recorded at training."""
    row: dict[str, Any] = json.loads((artifact / WITNESS).read_text())["rows"][0]
    return row


def _stamp_file(artifact: Path) -> Path:
    return artifact.with_name(f"{artifact.name}.inputs")


def _inputs(folder: Path) -> str:
    """SHA-256 over all that an artifact is made from: code, data files and package versions."""
    from functions.adapters import candidate_judge  # onnxruntime and scikit-learn take time to import
    from functions.retrain import lineage

    code = {**lineage.code_files(folder), **candidate_judge.code_files()}
    digest = hashlib.sha256(candidate_judge.code_digest(code).encode())
    digest.update(json.dumps(lineage.versions(folder, load_settings(folder)), sort_keys=True).encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
