"""A folder of files, written whole or not at all: an artifact, or what it was learnt from."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from functions.domain.canonical_json import digest_of
from functions.domain.release_artifact import MANIFEST, listing


def kept_beside(artifact: Path) -> Path:
    """The folder in which what an artifact was learnt from lies."""
    return artifact.with_name(f"{artifact.name}.training")


def write_artifact(out: Path, model: str, files: Mapping[str, bytes]) -> str:
    """Write the files and their manifest into the folder `out`, replacing it whole; returns the artifact's digest."""
    manifest = listing(model, files)
    write_folder(out, {**files, MANIFEST: manifest})
    return digest_of(manifest)


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into the folder `out`, replacing it whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        fresh, old = Path(work) / "new", Path(work) / "old"
        fresh.mkdir()
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if out.exists():
            shutil.move(out, old)
        fresh.rename(out)
