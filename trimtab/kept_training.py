"""What an artifact was learnt from: files that go to the stage with it, so that the training can be repeated there."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError
from functions.retrain.artifact import kept_beside


def kept_training(model: str, artifact: Path) -> dict[str, bytes]:
    """The files beside an artifact by name, each its own SHA-256; none where it came without data.

    Raises:
        CorruptArtifactError: a file is missing, or not what its name says.
    """
    paths = {path.name: path for path in sorted(kept_beside(artifact).glob("*.*"))}
    for name in _named(json.loads((artifact / "lineage.json").read_bytes())):
        if name not in paths:
            raise CorruptArtifactError(f"{kept_beside(artifact) / name} is missing: run `trimtab train {model}`")
    files = {name: path.read_bytes() for name, path in paths.items()}
    changed = next((name for name, body in files.items() if digest_of(body) != paths[name].stem), None)
    if changed is not None:
        raise CorruptArtifactError(f"{paths[changed]} was changed after training: run `trimtab train {model}`")
    return files


def _named(lineage: Mapping[str, object]) -> Iterator[str]:
    """The files that a lineage names: the snapshot's manifest, and the code."""
    data, code = lineage.get("data"), lineage.get("code")
    if isinstance(data, Mapping) and data.get("snapshot"):
        yield f"{data['snapshot']}.json"
        if isinstance(code, Mapping) and code.get("archive"):
            yield f"{code['archive']}.zip"
