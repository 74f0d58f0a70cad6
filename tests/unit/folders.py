"""Small model folders, written for a test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from functions.domain.contract import Contract
from functions.domain.reference import Reference
from functions.retrain.train import TrainingResult, train

BINARY = """
[model]
name = "small"
task = "binary"
[features.amount]
type = "float32"
[features.count]
type = "int64"
[features.colour]
type = "string"
[label]
name = "late"
positive = true
[train]
estimator = "estimator:build"
"""

NUMBERS = """
[model]
name = "small"
task = "{task}"
[features.a]
type = "float32"
[features.b]
type = "float32"
[features.c]
type = "float32"
[label]
name = "y"
{positive}
[train]
{road}
"""

READY = """
[model]
name = "small"
task = "multiclass"
{features}
[label]
name = "digit"
[train]
onnx = "model.onnx"
"""
PIXELS = '[features.pixels]\ntype = "float32"\nsize = 4\nmin = 0.5\nmax = 1'

DATASET = """
import numpy as np

def load():
    chance = np.random.default_rng(7)
    amount = chance.normal(50, 20, {rows}).round(2)
    count = chance.integers(0, 9, {rows})
    colour = chance.choice(["red", "green", "blue"], {rows}).astype(object)
    late = amount + 10 * (colour == "red") + 5 * count + chance.normal(0, 10, {rows}) > 80
    return {{"amount": amount, "count": count, "colour": colour, "late": late}}
"""

NUMBERS_DATASET = """
import numpy as np

def load():
    chance = np.random.default_rng(7)
    a, b, c = chance.normal(size=(3, 400))
    score = a + b * c + chance.normal(0, 0.3, 400)
    return {"a": a, "b": b, "c": c, "y": %s}
"""

ESTIMATOR = """
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

def build():
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("colour", encode, [2])], remainder="passthrough")
    return Pipeline([("columns", columns), ("trees", HistGradientBoostingClassifier(max_iter=20))])
"""


def write_folder(root: Path, settings: str = BINARY, **files: str) -> Path:
    """models/small under `root`, with model.toml and a Python file for each of `files`."""
    folder = root / "models" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def small_folder(root: Path, rows: int = 300) -> Path:
    """A binary model on a number, an integer and a string."""
    return write_folder(root, dataset=DATASET.format(rows=rows), estimator=ESTIMATOR)


def numbers_folder(root: Path, task: str, estimator: str, imports: str = "") -> Path:
    """A model on three numbers; `estimator` is the expression that build() returns."""
    target = {"binary": "score > 0", "multiclass": "np.digitize(score, [-0.7, 0.7])", "regression": "score"}[task]
    settings = NUMBERS.format(
        task=task, positive="positive = true" if task == "binary" else "", road='estimator = "estimator:build"'
    )
    source = f"{imports}\n\ndef build():\n    return {estimator}\n"
    return write_folder(root, settings, dataset=NUMBERS_DATASET % target, estimator=source)


def trained(folder: Path, reports: list[str] | None = None) -> TrainingResult:
    """Train a folder, with the artifact beside `models`."""
    return train(folder, folder.parent.parent / "artifact", (reports if reports is not None else []).append)


def settings_document(**changes: Any) -> Mapping[str, Any]:
    """A parsed model.toml that is right, with whole tables changed."""
    document: dict[str, Any] = {
        "model": {"name": "small", "task": "binary"},
        "features": {"amount": {"type": "float32"}},
        "label": {"name": "late", "positive": True},
        "train": {"estimator": "estimator:build"},
    }
    return {**document, **changes}


def read_contract(folder: Path) -> Contract:
    """An artifact's contract."""
    return Contract.from_document(json.loads((folder / "contract.json").read_bytes()))


def read_reference(folder: Path) -> Reference:
    """An artifact's reference."""
    return Reference.from_bytes((folder / "reference.json").read_bytes())


def session(folder: Path) -> onnxruntime.InferenceSession:
    """A session on an artifact's model."""
    return onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])
