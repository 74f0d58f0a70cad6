"""The artifact: the six files that a model version is, written whole or not at all."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.release_artifact import MANIFEST, MANIFEST_VERSION

MODEL, CONTRACT, LINEAGE, REFERENCE, WITNESS = (
    "model.onnx", "contract.json", "lineage.json", "reference.json", "witness.json",
)  # fmt: skip
SCHEMA_VERSION = 1  # of lineage.json and witness.json


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON as UTF-8."""
    return canonical_json(document).encode()


def manifest(model: str, files: Mapping[str, bytes]) -> bytes:
    """The digests of the other files; its own digest is the artifact's."""
    digests = {name: digest_of(data) for name, data in files.items()}
    return json_bytes({"v": MANIFEST_VERSION, "model": model, "files": digests})


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
    return digest_of(listing)
