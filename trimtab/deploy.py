"""Bring a model to its endpoint through the management API: upload the artifact, have it registered, roll it out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import urllib3

from functions.domain.errors import AccessDeniedError, ConflictError, CorruptArtifactError, UnavailableError
from functions.domain.release_artifact import MANIFEST
from trimtab.kept_training import kept_training
from trimtab.management import Management, part
from trimtab.stage import ROLL_OUT_TIMEOUT_S, Stage

POLL_S = 2.0
THERE_ALREADY = 412


@dataclass(frozen=True, slots=True)
class Deployment:
    """`release` has the artifact, and `weight` of the traffic; `live` answers the rest. Without a release the version
    waits for what `message` says: people, or the next run of `roll_out` where the caller may not ask for one.
    """

    model: str
    model_version: int
    release: int | None
    live: int | None
    weight: float
    changed: bool
    steps: list[str]
    message: str


def deploy(stage: Stage, model: str, artifact: Path, at_once: bool = False) -> Deployment:
    """Upload an artifact's files, and have them registered and rolled out.

    `at_once` gives the release all of the traffic right after its smoke test, whatever [rollout] steps says.

    Raises:
        CorruptArtifactError: a file of the artifact is not what its manifest says.
        NotFoundError: the stage's stacks are not deployed; AccessDeniedError: the caller may register no version.
        UnavailableError: the stage did not do its work; TrimtabError: it refused. The reason is the text.
    """
    api = Management(stage)
    prefix = upload(api, model, artifact)
    registered = api.post(f"/models/{part(model)}/versions", {"artifact": prefix})
    number, waits, steps = registered["version"], registered["waits"], list(registered["steps"])
    if waits is not None:
        return Deployment(model, number, None, None, 0.0, bool(steps), steps, f"{waits}; it goes live by itself then")
    try:
        answer = _rolled_out(api, f"/models/{part(model)}/versions/{number}/roll-out", {"now": at_once})
    except AccessDeniedError:  # who proposes versions need not be who rolls them out
        message = f"version {number} of {model} is registered and approved; the next run of roll_out takes it up"
        return Deployment(model, number, None, None, 0.0, bool(steps), steps, message)
    answer |= {"steps": [*steps, *answer["steps"]], "changed": bool(steps) or answer["changed"]}
    return Deployment(**{field: answer[field] for field in Deployment.__dataclass_fields__})


def upload(api: Management, model: str, artifact: Path) -> str:
    """Put an artifact's files where `register` takes them from, and beside them what it was learnt from; their prefix.

    Raises:
        CorruptArtifactError: a file is not what its name or the manifest says; UnavailableError: S3 did not take one.
    """
    manifest = (artifact / MANIFEST).read_bytes()
    digests: Mapping[str, str] = json.loads(manifest)["files"]
    bodies = {name: (artifact / name).read_bytes() for name in digests}
    changed = next((name for name, body in bodies.items() if sha256(body).hexdigest() != digests[name]), None)
    if changed is not None:
        raise CorruptArtifactError(f"{artifact / changed} was changed after training: run `trimtab train {model}`")
    learnt_from = kept_training(model, artifact)
    asked = {"manifest": manifest.decode(), "training": list(learnt_from)}
    told = api.post(f"/models/{part(model)}/uploads", asked)
    for file in told["training"]:
        _put(file, learnt_from[file["name"]])
    for file in told["files"]:  # the manifest last: it says that all is there
        _put(file, {**bodies, MANIFEST: manifest}[file["name"]])
    return str(told["artifact"])


def _put(file: Mapping[str, Any], body: bytes) -> None:
    """Send a file where its signed URL says; one that is written once may be there already."""
    try:
        response = _pool().request("PUT", file["url"], body=body, headers=file["headers"])
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"{file['name']} could not be uploaded: {error}") from error
    if response.status >= 300 and response.status != THERE_ALREADY:
        said = response.data[:300].decode(errors="replace")
        raise UnavailableError(f"{file['name']} could not be uploaded: S3 answered {response.status}: {said}")


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=60), retries=urllib3.Retry(3, status=0))


def _rolled_out(api: Management, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What `roll_out` answers once it is done: a SnapStart version takes minutes, and a call half a minute at most."""
    answer, deadline = api.post(path, asked), monotonic() + ROLL_OUT_TIMEOUT_S
    while answer["state"] != "done":
        if monotonic() > deadline:
            raise UnavailableError(f"{answer['message']}: it goes on by itself")
        sleep(POLL_S)
        try:
            answer = api.post(path, asked)
        except ConflictError as error:  # the first run still has the lease
            answer = {"state": "under way", "message": str(error)}
    return answer
