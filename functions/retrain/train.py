"""`train`: from a model's folder to its artifact."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import digest_of
from functions.domain.contract import Contract, Guard
from functions.domain.errors import ModelFolderError
from functions.domain.reference import Reference
from functions.domain.significant import significant
from functions.retrain import artifact, lineage
from functions.retrain.dataset import Dataset, Progress, load_dataset
from functions.retrain.hold_to_contract import hold_to_contract
from functions.retrain.metrics import beside_truth, measure, values
from functions.retrain.onnx_model import Class, OnnxModel
from functions.retrain.parity import Parity, check_parity, onnx_answers, spread
from functions.retrain.reference import reference
from functions.retrain.roads import Trained, by_estimator, by_export, ready_made
from functions.retrain.split import Split, split, training_set
from functions.retrain.tensors import client_tensors
from functions.retrain.witness import witness

DATASET = "dataset"
# Keys of [train] that say when and where a model is fitted, and on which rows, which lineage tells in its own way.
_NOT_FITTED_BY = {"until", "window", "keep_first", "min_labels", "schedule", "engine", "package", "memory"}


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

    `dataset` is learnt from in place of what the folder's dataset.py gives: all of it, whatever [train] until says.
    The same data, code and versions give the same bytes.

    Raises:
        ModelFolderError: the folder does not hold what it should; ParityError: ONNX does not answer as its original.
    """
    settings, code = load_settings(folder), FolderCode(folder)
    if dataset is not None:
        settings = settings.model_copy(update={"train": settings.train.model_copy(update={"until": None})})
    parts = _parts(code, settings, report, dataset)
    trained = _trained(folder, code, settings, parts, report)
    model = trained.model
    positive = _positive(settings, model)
    metrics: Mapping[str, float | None] = {}
    parity, known = None, Reference.unknown(settings.model.name)
    if parts is not None:
        report("comparing ONNX with its original" if trained.original else "measuring on the hold-out")
        labels_spread = spread(parts.fit.labels, settings.model.task == "regression")
        parity = check_parity(trained, parts.holdout, settings, labels_spread)
        answers = onnx_answers(model, client_tensors(parts.holdout.features, parts.holdout.columns))
        truth = beside_truth(parts.holdout.labels, answers, model.classes, positive)
        if truth.scores is None:
            report("note: the model answers no probabilities: of its performance in service, little can be judged")
        measured = measure(truth, model.classes, positive, settings.evaluate.confidence)
        metrics = values(measured)
        known = reference(settings.model.name, _whole(parts), parts.holdout, model, positive, truth, measured)
    contract = _contract(settings, model, positive)
    files = {
        artifact.MODEL: model.data,
        artifact.CONTRACT: contract.to_bytes(),
        artifact.LINEAGE: artifact.json_bytes(_lineage(folder, settings, parts, metrics, parity)),
        artifact.REFERENCE: known.to_bytes(),
        artifact.WITNESS: artifact.json_bytes(witness(model, settings, parts.holdout if parts else None)),
    }
    digest = artifact.write_artifact(out, settings.model.name, files)
    fit_rows, holdout_rows = (len(parts.fit), len(parts.holdout)) if parts else (0, 0)
    return TrainingResult(settings.model.name, out, digest, fit_rows, holdout_rows, metrics, parity)


def _parts(code: FolderCode, settings: ModelSettings, report: Progress, dataset: Dataset | None) -> Split | None:
    """The training set, split; None where a ready-made model comes without data."""
    if dataset is None:
        if settings.train.onnx is not None and not code.has(DATASET):
            report("no dataset.py: no metrics, and the first window of traffic will be the reference")
            return None
        report("reading the data set")
        dataset = load_dataset(code, settings)
    rows = training_set(dataset, settings)
    hold_to_contract(rows, settings, report)
    return split(rows, settings)


def _trained(folder: Path, code: FolderCode, settings: ModelSettings, parts: Split | None, report: Progress) -> Trained:
    if parts is None or settings.train.onnx is not None:
        return ready_made(folder, settings, _whole(parts) if parts else None, report)
    if settings.train.export is not None:
        return by_export(code, settings, parts.fit, report)
    return by_estimator(code, settings, parts.fit, report)


def _whole(parts: Split) -> Dataset:
    """Both parts together, in their order."""
    fit, holdout = parts.fit, parts.holdout
    columns = {name: np.concatenate([fit.columns[name], holdout.columns[name]]) for name in fit.columns}
    time = None if fit.time is None or holdout.time is None else np.concatenate([fit.time, holdout.time])
    return Dataset(fit.features, columns, np.concatenate([fit.labels, holdout.labels]), time)


def _positive(settings: ModelSettings, model: OnnxModel) -> Class | None:
    """[label] positive as the model itself writes that class."""
    wanted, classes = settings.label.positive, model.classes
    if wanted is None or classes is None:
        return None
    if len(classes) != 2:
        raise ModelFolderError(f"[model] task is binary, but there are {len(classes)} classes: {list(classes)}")
    if wanted not in classes:
        raise ModelFolderError(f"[label] positive is {wanted!r}, but the classes are {list(classes)}")
    return classes[classes.index(wanted)]


def _contract(settings: ModelSettings, model: OnnxModel, positive: Class | None) -> Contract:
    return Contract(
        model=settings.model.name,
        task=settings.model.task,
        onnx_sha256=digest_of(model.data),
        features=settings.contract_features,
        outputs=model.outputs,
        label_output=model.label_output,
        probability_output=model.probability_output,
        classes=model.classes,
        positive=positive,
        guard=Guard(**settings.guard.model_dump()),
        max_body=settings.api.max_body,
    )


def _lineage(
    folder: Path,
    settings: ModelSettings,
    parts: Split | None,
    metrics: Mapping[str, float | None],
    parity: Parity | None,
) -> dict[str, Any]:
    files = lineage.code_files(folder)
    train_settings = json.loads(settings.train.model_dump_json(exclude=_NOT_FITTED_BY, exclude_none=True))
    document: dict[str, Any] = {
        "v": artifact.SCHEMA_VERSION,
        "model": settings.model.name,
        "train": {**train_settings, "until": lineage.moment(settings.train.end)},
        "code": {"sha256": lineage.code_digest(files), "files": files},
        "python": lineage.python_version(),
        "packages": lineage.versions(folder),
        "data": None,
        "metrics": metrics,
        "parity": None,
    }
    if parts is not None:
        document["data"] = {
            "sha256": lineage.data_digest(_whole(parts)),
            "fit": {"rows": len(parts.fit), "period": lineage.period(parts.fit)},
            "holdout": {"rows": len(parts.holdout), "period": lineage.period(parts.holdout)},
        }
    if parity is not None:
        document["parity"] = {
            "rows": parity.rows,
            "edge_rows": parity.edge_rows,
            "largest_difference": significant(parity.largest_difference, 3),
            "tolerance": settings.gate.parity_tolerance,
        }
    return document
