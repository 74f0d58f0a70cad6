"""Uploads: where a new artifact's files are put, each by a URL that takes that very file; then its registration."""

import re
from dataclasses import asdict
from typing import cast

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.signed_urls import VALID_S, SignedUrl
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, InvalidRequestError
from functions.domain.release_artifact import MANIFEST, digest_in, listed_files
from functions.domain.snapshot_manifest import Suffix, training_key
from functions.manage.etags import demand
from functions.manage.models import known_model
from functions.manage.request import ManageRequest, text
from functions.manage.tools import Tools

LONGEST_MANIFEST = 32_768
MOST_TRAINING_FILES = 20
_TRAINING = re.compile(r"[0-9a-f]{64}\.(json|npz|zip)")
_SHA256 = frozenset("0123456789abcdef")


def open_upload(request: ManageRequest, tools: Tools) -> Answer:
    """URLs for the files that `manifest` (manifest.json, as text) lists, and for itself, which is put last.

    And for what it was learnt from: `training` are names of files, each the SHA-256 of what it holds, kept once.
    """
    model = known_model(request, tools)
    body = request.json("manifest", "training")
    manifest, training = body.get("manifest"), _training(body.get("training", []))
    if not isinstance(manifest, str) or not 0 < len(manifest) <= LONGEST_MANIFEST:
        raise InvalidRequestError(
            f"manifest must be the text of manifest.json, of at most {LONGEST_MANIFEST} characters"
        )
    encoded = manifest.encode()
    digest = digest_of(encoded)
    try:
        listed = listed_files(model, digest, encoded)
    except CorruptArtifactError as error:
        raise InvalidRequestError(str(error)) from error
    odd = next((name for name, sha256 in listed.items() if not _is_sha256(sha256)), None)
    if odd is not None:
        raise InvalidRequestError(f"manifest.json must give the SHA-256 of {odd} in hex")
    prefix = f"incoming/model={model}/{digest}/"
    files = {**listed, MANIFEST: digest}
    uploads = [{"name": name, **asdict(tools.urls.put(prefix + name, files[name]))} for name in files]
    kept = [{"name": name, **asdict(_kept(tools, model, name))} for name in training]
    return json_answer({"artifact": prefix, "valid_s": VALID_S, "files": uploads, "training": kept})


def _training(names: object) -> list[str]:
    """The names of what is kept of a training.

    Raises:
        InvalidRequestError: one is none.
    """
    if not isinstance(names, list) or len(names) > MOST_TRAINING_FILES:
        raise InvalidRequestError(f"training must be a list of at most {MOST_TRAINING_FILES} names of files")
    odd = next((name for name in names if not (isinstance(name, str) and _TRAINING.fullmatch(name))), None)
    if odd is not None:
        raise InvalidRequestError(f"training names {str(odd)[:80]!r}: each must be <SHA-256 in hex>.json, .npz or .zip")
    return names


def _kept(tools: Tools, model: str, name: str) -> SignedUrl:
    digest, _, suffix = name.partition(".")
    return tools.urls.put_once(training_key(model, digest, cast(Suffix, suffix)), digest)


def register_version(request: ManageRequest, tools: Tools) -> Answer:
    """Make a version of an uploaded `artifact`: checked, kept and signed by `register`, the caller as its author.

    Raises:
        ConflictError: it is still at work: the same again finds what it did.
    """
    model = known_model(request, tools)
    artifact = text(request.json("artifact"), "artifact")
    digest_in(model, artifact)
    demand(request, tools)
    event = {
        "action": "register",
        "model": model,
        "artifact": artifact,
        "author": request.caller.name,
        "person": request.caller.person,
        "time": request.time,
        "evidence": None,  # of a gate's decision, which only the gate may bring
    }
    answer = tools.functions.call("register", event)
    if answer is None:
        raise ConflictError(f"the artifact of {model} is still being registered: ask the same again in a minute")
    return json_answer({"model": model, **answer}, 201)


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and _SHA256.issuperset(value)
