"""Where a model comes from: digests of data and code, and the versions of what made it."""

import ast
import hashlib
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from functions.retrain.dataset import Column, Dataset

PACKAGES = ("numpy", "scipy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime", "protobuf")
CODE_SUFFIXES = (".py", ".toml", ".txt", ".sql", ".onnx")
HERE = Path(__file__).parent
TRAINING_CODE = (
    *sorted(HERE.glob("*.py")),
    *(
        HERE.parent / path
        for path in (
            "domain/binary_metrics.py",
            "domain/calibration_error.py",
            "domain/canonical_json.py",
            "domain/contract.py",
            "domain/intervals.py",
            "domain/isotonic.py",
            "domain/log_table.py",
            "domain/multiclass_metrics.py",
            "domain/ranking.py",
            "domain/reference.py",
            "domain/reference_digest.py",
            "domain/regression_metrics.py",
            "domain/significant.py",
            "adapters/model_folder.py",
            "adapters/model_settings.py",
        )
    ),
)


def data_digest(rows: Dataset) -> str:
    """SHA-256 over all values of the training set: features, labels and times, in their order."""
    digest = hashlib.sha256()
    named = [*rows.columns.items(), ("label", rows.labels), *([] if rows.time is None else [("time", rows.time)])]
    for name, column in named:
        digest.update(f"{name}\0{column.dtype.kind}\0{column.shape}\0".encode())
        digest.update(_bytes(column))
    return digest.hexdigest()


def _bytes(column: Column) -> bytes:
    if column.dtype == object:
        texts = [f"{type(value).__name__}:{value}".encode() for value in column.reshape(-1)]
        return b"".join(len(text).to_bytes(8, "little") + text for text in texts)
    return np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<"))).tobytes()


def code_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each code file: the model folder's (data files are in the data's digest) and the training code's."""
    own = (path for path in folder.rglob("*") if path.is_file() and path.suffix in CODE_SUFFIXES)
    named = {f"models/{folder.resolve().name}/{path.relative_to(folder).as_posix()}": path for path in own}
    named |= {f"functions/{path.relative_to(HERE.parent).as_posix()}": path for path in TRAINING_CODE}
    return {name: hashlib.sha256(named[name].read_bytes()).hexdigest() for name in sorted(named)}


def code_digest(files: dict[str, str]) -> str:
    """One SHA-256 for all code files."""
    return hashlib.sha256("".join(f"{name}\0{sha}\n" for name, sha in sorted(files.items())).encode()).hexdigest()


def versions(folder: Path) -> dict[str, str]:
    """Versions of the packages that train and convert, and of those that the folder's code imports."""
    owners = metadata.packages_distributions()
    imported = {owner for module in _imports(folder.rglob("*.py")) for owner in owners.get(module, [])}
    return {name: metadata.version(name) for name in sorted({*PACKAGES, *imported} - {"trimtab"})}


def python_version() -> str:
    return platform.python_version()


def period(rows: Dataset) -> dict[str, str] | None:
    """First and last time of the rows, in UTC; None where they have none."""
    if rows.time is None or len(rows) == 0:
        return None
    return {"first": _iso(rows.time[0]), "last": _iso(rows.time[-1])}


def moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _iso(value: Any) -> str:
    return f"{np.datetime_as_string(value, unit='s')}Z"


def _imports(paths: Iterable[Path]) -> set[str]:
    """Top-level names of the modules that files import."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found.add(node.module.partition(".")[0])
    return found
