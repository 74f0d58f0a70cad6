"""The artifact: the five files that a model version is, written whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODEL, CONTRACT, LINEAGE, WITNESS, MANIFEST = (
    "model.onnx", "contract.json", "lineage.json", "witness.json", "manifest.json",
)  # fmt: skip
SCHEMA_VERSION = 1


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Sorted keys, no white space, UTF-8; NaN and infinities are refused."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest(model: str, files: Mapping[str, bytes]) -> bytes:
    """The digests of the other four files; its own digest is the artifact's."""
    digests = {name: sha256(data) for name, data in files.items()}
    return canonical_json({"v": SCHEMA_VERSION, "model": model, "files": digests})


def write_artifact(out: Path, model: str, files: Mapping[str, bytes]) -> str:
    """Write the files and their manifest into the folder `out`, replacing it whole; returns the artifact's digest."""
    out.parent.mkdir(parents=True, exist_ok=True)
    listing = manifest(model, files)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        fresh, old = Path(work) / "new", Path(work) / "old"
        fresh.mkdir()
        for name, data in {**files, MANIFEST: listing}.items():
            (fresh / name).write_bytes(data)
        if out.exists():
            shutil.move(out, old)
        fresh.rename(out)
    return sha256(listing)
