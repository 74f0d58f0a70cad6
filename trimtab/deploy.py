"""Bring a model to its endpoint: train if needed, upload the artifact, and ask `roll_out` for the rest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError, TrimtabError, UnavailableError
from trimtab.stage import Stage


@dataclass(frozen=True, slots=True)
class Deployment:
    """What `roll_out` answered."""

    model: str
    model_version: int
    release: int
    changed: bool
    steps: list[str]
    message: str


def deploy(stage: Stage, model: str, artifact: Path, actor: str) -> Deployment:
    """Upload an artifact's files and have them rolled out.

    Raises:
        CorruptArtifactError: a file of the artifact is not what its manifest says.
        NotFoundError: the stage's stacks are not deployed.
        UnavailableError: `roll_out` failed, or AWS did not answer.
        TrimtabError: `roll_out` refused; its reason is the text.
    """
    prefix = upload(stage, model, artifact)
    event = {
        "action": "deploy",
        "model": model,
        "artifact": prefix,
        "actor": actor,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    answer = _invoke(stage, stage.names.function("roll_out"), event)
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


def _invoke(stage: Stage, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        response = stage.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise NotFoundError(f"there is no function {function}: deploy the stacks, see docs/on-aws.md") from None
        if error.response["Error"]["Code"] == "TooManyRequestsException":
            raise ConflictError(f"{function} is busy: try again in a moment") from None
        raise UnavailableError(f"{function} could not be invoked: {error}") from error
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise UnavailableError(f"{function} failed: {answer.get('errorMessage', answer)}")
    if "error" in answer:
        raise TrimtabError(answer["error"])
    return answer
