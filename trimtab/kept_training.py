"""Takes what an artifact was learnt from to the stage, so that the training can be repeated there, and built upon."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from functions.adapters.data_lake import DataLake
from functions.adapters.write_once import put_once
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError
from functions.retrain.artifact import kept_beside
from trimtab.stage import Stage


def upload_training(stage: Stage, model: str, artifact: Path) -> list[str]:
    """Put the files beside an artifact under `training/`, each once; their keys. None where it came without data.

    Raises:
        CorruptArtifactError: a file is missing, or not what its name says.
        UnavailableError: S3 did not take one.
    """
    bucket = DataLake(stage.client("s3"), stage.names.artifact_bucket)
    return put_training(bucket, model, artifact)


def put_training(bucket: DataLake, model: str, artifact: Path) -> list[str]:
    """As `upload_training`, to a bucket."""
    files = {path.name: path for path in sorted(kept_beside(artifact).glob("*.*"))}
    for name in _named(json.loads((artifact / "lineage.json").read_bytes())):
        if name not in files:
            raise CorruptArtifactError(f"{kept_beside(artifact) / name} is missing: run `trimtab train {model}`")
    keys = []
    for name, path in files.items():
        body = path.read_bytes()
        if digest_of(body) != path.stem:
            raise CorruptArtifactError(f"{path} was changed after training: run `trimtab train {model}`")
        put_once(bucket, f"training/model={model}/{name}", body)
        keys.append(f"training/model={model}/{name}")
    return keys


def _named(lineage: Mapping[str, object]) -> Iterator[str]:
    """The files that a lineage names: the snapshot's manifest, and the code."""
    data, code = lineage.get("data"), lineage.get("code")
    if isinstance(data, Mapping) and data.get("snapshot"):
        yield f"{data['snapshot']}.json"
        if isinstance(code, Mapping) and code.get("archive"):
            yield f"{code['archive']}.zip"
