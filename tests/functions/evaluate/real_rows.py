"""Rows of real data with a real model's answers, one kind for each task, as columns of the log table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.onnx_model import describe, onnx_answers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Contract, Feature
from functions.domain.isotonic import isotonic
from functions.domain.log_table import feature_column
from functions.domain.loss_tree import loss_tree
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.retrain.dataset import load_dataset
from functions.retrain.train import train
from tests.functions.evaluate.tables import model_config, texts

FLIGHTS = Path(__file__).parents[3] / "models" / "flights"


@dataclass(frozen=True, slots=True)
class RealRows:
    """`columns` are of the log table; `classes` those that the model knows, as text."""

    config: ModelConfig
    columns: Mapping[str, Any]
    classes: tuple[str, ...] | None
    reference: Reference


@cache
def flights() -> RealRows:
    """All flights of March with the model that January and February taught; the cancelled ones have no label."""
    with TemporaryDirectory() as folder:
        artifact = train(FLIGHTS, Path(folder) / "artifact", lambda line: None).folder
        files = {path.name: path.read_bytes() for path in artifact.iterdir()}
    settings = load_settings(FLIGHTS)
    month = (datetime(2013, 3, 1, tzinfo=UTC), datetime(2013, 4, 1, tzinfo=UTC))
    rows = load_dataset(FolderCode(FLIGHTS), settings).between(*month)
    contract = Contract.from_document(json.loads(files["contract.json"]))
    model = describe(files["model.onnx"], contract.features, contract.task, contract.classes)
    answers = onnx_answers(model, client_tensors(rows.features, rows.columns))
    assert answers.scores is not None
    assert rows.time is not None
    columns = {feature_column(name): values for name, values in rows.columns.items()} | {
        "time": rows.time.astype("datetime64[ms]"),
        "score": answers.scores[:, 1],
        "prediction": texts(answers.labels),
        "label": texts(rows.labels),
        "version": np.where(np.arange(len(rows)) % 3 == 0, "1", "2"),
    }
    return RealRows(settings.config, columns, ("false", "true"), Reference.from_bytes(files["reference.json"]))


@cache
def digits() -> RealRows:
    """Handwritten digits, read by a logistic regression that saw few of them; one pixel is a feature, to slice by."""
    pixels, truth = load_digits(return_X_y=True)
    seen, rows, seen_truth, labels = train_test_split(pixels, truth, train_size=150, random_state=0, stratify=truth)
    model = LogisticRegression(max_iter=2_000, C=0.001).fit(seen, seen_truth)
    half = len(rows) // 2
    chances, known = model.predict_proba(rows[:half]), labels[:half]
    names = tuple(str(name) for name in model.classes_)
    calibrations = {name: isotonic(chances[:, k], known == k) for k, name in enumerate(names)}
    later = model.predict_proba(rows[half:])
    columns = {
        "in_pixel": rows[half:, 20].astype(np.int64),
        "prediction": texts(model.predict(rows[half:])),
        "score": later.max(axis=1),
        "probabilities": {name: later[:, k] for k, name in enumerate(names)},
        "label": texts(labels[half:]),
    }
    config = model_config([Feature("pixel", "int64")], "multiclass", slices=["pixel"])
    reference = Reference("small", "1", "training", half, half, (), {}, None, calibrations)
    return RealRows(config, columns, names, reference)


@cache
def diabetes() -> RealRows:
    """The progress of diabetes, predicted by a forest from six of the ten measurements."""
    measured, truth = load_diabetes(return_X_y=True)
    parts = train_test_split(measured[:, :6], truth, train_size=150, random_state=0)
    seen, others, seen_truth, values = (np.asarray(part, dtype=np.float64) for part in parts)
    model = RandomForestRegressor(50, random_state=0, n_jobs=1).fit(seen, seen_truth)
    names = ["age", "sex", "bmi", "pressure", "tc", "ldl"]
    features = [Feature(name, "float32", nullable=True) for name in names]
    predicted, half = model.predict(others), len(others) // 2
    tensors = {name: others[:half, k : k + 1].astype(np.float32) for k, name in enumerate(names)}
    tree = loss_tree(features, tensors, predicted[:half], predicted[:half] - values[:half])
    columns = {feature_column(name): others[half:, k].astype(np.float32) for k, name in enumerate(names)}
    columns |= {"score": predicted[half:], "target": values[half:]}
    config = model_config(features, "regression", slices=["sex"])
    return RealRows(config, columns, None, Reference("small", "1", "training", half, half, (), {}, None, None, tree))
