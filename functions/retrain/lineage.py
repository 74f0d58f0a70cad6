"""Where a model comes from: digests of data and code, and the versions of what made it."""

import ast
import contextlib
import hashlib
import json
import platform
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from functions.adapters import folder_code
from functions.adapters.imported_code import imported_files
from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import digest_of
from functions.domain.dataset import Column, Dataset
from functions.domain.holdout import Split
from functions.retrain.imported import origin_of

SCHEMA_VERSION = 2  # 1 named no snapshot, and kept no code
PACKAGES = ("numpy", "scipy", "scikit-learn", "skl2onnx", "onnx", "protobuf")
ROOT = Path(__file__).parents[2]
FIT_HALF = Path(__file__).with_name("fitting.py")
# Keys of [train] that say when and where a model is fitted, and on which rows, which lineage tells in its own way.
_NOT_FITTED_BY = {"until", "window", "keep_first", "min_labels", "schedule", "engine", "package", "memory"}


def lineage(folder: Path, settings: ModelSettings, parts: Split | None, snapshot: str | None) -> dict[str, Any]:
    """All but what only the judging side knows; `snapshot` is the digest of the manifest that lists the rows."""
    train_settings = json.loads(settings.train.model_dump_json(exclude=_NOT_FITTED_BY, exclude_none=True))
    document: dict[str, Any] = {
        "v": SCHEMA_VERSION,
        "model": settings.model.name,
        "train": train_settings,
        "code": {"files": code_files(folder), "archive": digest_of(folder_code.archive(folder))},
        "python": platform.python_version(),
        "packages": versions(folder, settings),
        "data": None,
    }
    if (origin := origin_of(folder, settings)) is not None:
        document["imported"] = origin
    if parts is not None:
        document["data"] = {
            "snapshot": snapshot,
            "sha256": data_digest(parts.whole),
            "fit": {"rows": len(parts.fit), "period": period(parts.fit)},
            "holdout": {"rows": len(parts.holdout), "period": period(parts.holdout)},
        }
    return document


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
        texts = [f"{type(value).__name__}:{value}".encode("utf-8", "surrogatepass") for value in column.reshape(-1)]
        return b"".join(len(text).to_bytes(8, "little") + text for text in texts)
    return np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<"))).tobytes()


def code_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each code file: the model folder's, and those of ours that fit a model."""
    own = {f"models/{folder.resolve().name}/{name}": path for name, path in folder_code.code_files(folder).items()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in own.items()} | our_files()


@cache
def our_files() -> dict[str, str]:
    """SHA-256 of each of our files that fits."""
    files = sorted(imported_files(ROOT, FIT_HALF))
    return {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def versions(folder: Path, settings: ModelSettings) -> dict[str, str]:
    """Versions of the packages that fit and convert, and of those that the folder's fitting code names.

    Named is what its requirements.txt lists, and what the code imports under its package's own name. What dataset.py
    imports does not count: it has no part in a retraining, and the rows have a digest of their own.
    """
    reference = settings.train.estimator or settings.train.export
    modules = set() if reference is None else _imports(folder, reference.partition(":")[0])
    found = {}
    for name in sorted({*PACKAGES, *modules, *_required(folder)} - {"trimtab"}):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _required(folder: Path) -> set[str]:
    """The packages that the folder's requirements.txt lists."""
    path = folder / "requirements.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {match[0].lower() for line in lines if (match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()))}


def period(rows: Dataset) -> dict[str, str] | None:
    """First and last time of the rows, in UTC; None where they have none."""
    if rows.time is None or len(rows) == 0:
        return None
    return {"first": _iso(rows.time[0]), "last": _iso(rows.time[-1])}


def _iso(value: Any) -> str:
    return f"{np.datetime_as_string(value, unit='s')}Z"


def _imports(folder: Path, module: str) -> set[str]:
    """Top-level names of what a module of the folder imports, directly or through others of the folder."""
    found: set[str] = set()
    waiting, seen = [module], set[str]()
    while waiting:
        name = waiting.pop()
        places = [folder / f"{name}.py", *(folder / name).rglob("*.py")]
        if name in seen or not any(path.is_file() for path in places):
            continue
        seen.add(name)
        imported = {each for path in places if path.is_file() for each in _named(path)}
        found |= imported
        waiting += imported
    return found


def _named(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names
