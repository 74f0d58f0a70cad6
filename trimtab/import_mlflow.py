"""`trimtab import FOLDER`: a model that MLflow keeps as ONNX becomes a model's folder, typed by its signature."""

import json
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from functions.adapters.model_folder import SETTINGS_FILE, parse_settings
from functions.domain.canonical_json import digest_of
from functions.domain.contract import Class, Feature, Task
from functions.domain.errors import InvalidRequestError, ModelFolderError
from functions.retrain.imported import ORIGIN
from trimtab.import_bundle import Report, free_folder
from trimtab.imported_settings import ONNX, feature_document, toml
from trimtab.mlflow_features import features_of
from trimtab.mlflow_model import FILE, MlflowModel, read_mlflow
from trimtab.project import Project

HEADER = """\
# Imported by `trimtab import` from a folder of MLflow. The features are those of its signature; docs/model-toml.md says
# what each key does. MLflow knows nothing of ranges, of when a truth is known, nor of the data: add what you know.
"""
LABEL, OTHER_LABEL = "label", "truth"


@dataclass(frozen=True, slots=True)
class ImportedMlflow:
    """What was made of it: `task` and `classes` are found by running the model."""

    folder: Path
    task: Task
    classes: tuple[Class, ...] | None
    onnx: str


def import_mlflow(
    source: Path, name: str | None, label: str | None, positive: str | None, project: Project, report: Report
) -> ImportedMlflow:
    """Make models/NAME of a folder that MLflow wrote, whole or not at all; it has been trained once as it stands.

    `label` is what the truth is called, `positive` the class whose probability a binary model answers.

    Raises:
        NotFoundError: the folder is none of MLflow's.
        ModelFolderError: it has no ONNX, the graph and the signature differ, or Trimtab cannot serve a type.
        InvalidRequestError: `positive` is no class of the model.
    """
    model = read_mlflow(source)
    if not model.inputs:
        report("note: the model has no signature: its features are the inputs that the graph declares")
    folder = free_folder(project, name or source.resolve().name)
    with tempfile.TemporaryDirectory(dir=project.models, prefix=f".{folder.name}-") as work:
        fresh = Path(work) / folder.name
        (fresh / ONNX).parent.mkdir(parents=True)
        shutil.copyfile(model.onnx, fresh / ONNX)
        shutil.copyfile(source / FILE, (fresh / ONNX).with_name(FILE))
        (fresh / ONNX).with_name(ORIGIN).write_text(json.dumps(_origin(model), indent=2) + "\n", encoding="utf-8")
        features = features_of(_graph(model), model.inputs)
        task, classes = _task(fresh, features, report)
        document = _settings(folder.name, task, features, label)
        if task == "binary":
            document["label"]["positive"] = _positive(classes or (), positive, report)
        text = f"{HEADER}\n{toml(document)}"
        (fresh / SETTINGS_FILE).write_text(text, encoding="utf-8")
        _rehearse(fresh, Path(work) / "artifact", report)
        fresh.rename(folder)
    return ImportedMlflow(folder, task, classes, digest_of((folder / ONNX).read_bytes()))


def _graph(model: MlflowModel) -> onnx.ModelProto:
    try:
        return onnx.load_model(model.onnx, load_external_data=False)
    except Exception as error:  # protobuf's errors share no base
        raise ModelFolderError(f"{model.onnx} is no ONNX model: {error}") from error


def _origin(model: MlflowModel) -> dict[str, Any]:
    digest = digest_of((model.folder / FILE).read_bytes())
    return {"v": 1, "from": "mlflow", "mlmodel": digest, "onnx": digest_of(model.onnx.read_bytes()), **model.about}


def _settings(name: str, task: Task, features: Sequence[Feature], label: str | None) -> dict[str, Any]:
    taken = {feature.name for feature in features}
    return {
        "model": {"name": name, "task": task, "owner": "", "description": "", "intended_use": "", "limitations": ""},
        "features": {feature.name: feature_document(feature) for feature in features},
        "label": {"name": label or (OTHER_LABEL if LABEL in taken else LABEL), "matures_after": "1d"},
        "train": {"onnx": ONNX},
    }


def _task(folder: Path, features: Sequence[Feature], report: Report) -> tuple[Task, tuple[Class, ...] | None]:
    """Found by running the model: a label a row makes it a classifier, one float a row a regression."""
    from functions.adapters.onnx_model import describe  # onnxruntime and scikit-learn take time to import
    from functions.retrain.roads import ready_made

    faults = []
    guesses: tuple[Task, ...] = ("multiclass", "regression")
    for task in guesses:
        guess = tomllib.loads(toml(_settings(folder.name, task, features, None)))
        settings = parse_settings(guess, SETTINGS_FILE)
        trained = ready_made(folder, settings, None, lambda text: None)
        try:
            found = describe(trained.data, features, task, trained.classes)
        except ModelFolderError as error:
            faults.append(str(error))
            continue
        if task == "regression":
            report("it answers one float a row: a regression")
            return task, None
        classes = found.classes or ()
        report(f"its classes are {', '.join(map(repr, classes))}")
        return ("binary" if len(classes) == 2 else "multiclass"), classes
    raise ModelFolderError("; ".join(faults))


def _positive(classes: Sequence[Class], wanted: str | None, report: Report) -> Class:
    if wanted is None:
        report(f"note: the positive class is taken to be {classes[-1]!r}, the second: --positive names another")
        return classes[-1]
    found = next((one for one in classes if str(one).lower() == wanted.lower()), None)
    if found is None:
        raise InvalidRequestError(f"--positive {wanted!r} is no class of the model: {', '.join(map(str, classes))} are")
    return found


def _rehearse(folder: Path, out: Path, report: Report) -> None:
    """Train the folder as `trimtab deploy` will."""
    from functions.retrain.train import train

    train(folder, out, lambda text: report(f"    {text}"))
