"""Bring a model to its endpoint: train if needed, upload the artifact, and ask `roll_out` for the rest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import CorruptArtifactError, NotFoundError, UnavailableError
from trimtab.function_call import call_function
from trimtab.judge_now import now
from trimtab.kept_training import upload_training
from trimtab.stage import Stage


@dataclass(frozen=True, slots=True)
class Deployment:
    """What `roll_out` answered: `release` has the artifact, and `weight` of the traffic; `live` answers the rest."""

    model: str
    model_version: int
    release: int
    live: int | None
    weight: float
    changed: bool
    steps: list[str]
    message: str


def deploy(
    stage: Stage, model: str, artifact: Path, actor: str, at: datetime | None = None, at_once: bool = False
) -> Deployment:
    """Upload an artifact's files and have them rolled out; `at` is when that happens, the stage's now by default.

    `at_once` gives the release all of the traffic right after its smoke test, whatever [rollout] steps says.

    Raises:
        CorruptArtifactError: a file of the artifact is not what its manifest says.
        NotFoundError: the stage's stacks are not deployed.
        UnavailableError: `roll_out` failed, or AWS did not answer.
        TrimtabError: `roll_out` refused; its reason is the text.
    """
    upload_training(stage, model, artifact)
    prefix = upload(stage, model, artifact)
    event = {
        "action": "deploy",
        "model": model,
        "artifact": prefix,
        "actor": actor,
        "now": at_once,
        "time": (at or now(stage)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    answer = call_function(stage, stage.names.function("roll_out"), event)
    return Deployment(**{field: answer[field] for field in Deployment.__dataclass_fields__})


def upload(stage: Stage, model: str, artifact: Path) -> str:
    """Put an artifact's files where `roll_out` takes them from; returns their prefix."""
    manifest = (artifact / "manifest.json").read_bytes()
    digests: Mapping[str, str] = json.loads(manifest)["files"]
    prefix = f"incoming/model={model}/{sha256(manifest).hexdigest()}/"
    s3 = stage.client("s3")
    for name, digest in digests.items():
        body = (artifact / name).read_bytes()
        if sha256(body).hexdigest() != digest:
            raise CorruptArtifactError(f"{artifact / name} was changed after training: run `trimtab train {model}`")
        _put(s3, stage.names.artifact_bucket, prefix + name, body)
    _put(s3, stage.names.artifact_bucket, prefix + "manifest.json", manifest)  # last: it says that all is there
    return prefix


def _put(s3: Any, bucket: str, key: str, body: bytes) -> None:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise NotFoundError(f"there is no bucket {bucket}: deploy the stacks first, see docs/on-aws.md") from None
        raise UnavailableError(f"{key} could not be uploaded: {error}") from error
