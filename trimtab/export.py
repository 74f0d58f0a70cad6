"""`trimtab export`: a version as one file, read through the management API, and checked before it is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import urllib3

from functions.domain.bundle import SUFFIX, Bundle, write_bundle
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError, UnavailableError
from functions.domain.release_artifact import MANIFEST, open_artifact
from functions.domain.signature import SIGNATURE
from trimtab.bundle_signature import verified_signer
from trimtab.management import part

TIMEOUT_S = 60.0


class Reading(Protocol):
    """`trimtab/management.py` says what the call does and raises."""

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]: ...


def export_version(management: Reading, model: str, version: int) -> Bundle:
    """A registered version with all that belongs to it.

    Raises:
        NotFoundError, AccessDeniedError, ConflictError: as the management API says.
        CorruptArtifactError: a file is not what was registered, or not what was signed.
        UnavailableError: AWS did not answer.
    """
    listed = management.get(f"/exports/{part(model)}/{version}")
    card = management.get(f"/models/{part(model)}/versions/{version}/card")
    files = {entry["name"]: _file(entry) for entry in listed["files"]}
    signature = files.pop(SIGNATURE)
    bundle = Bundle(
        version,
        open_artifact(model, digest_of(files[MANIFEST]), files),
        signature,
        str(listed["public_key"]).encode(),
        canonical_json(card).encode(),
        canonical_json(listed["settings"]).encode(),
    )
    verified_signer(bundle)
    return bundle


def write_export(bundle: Bundle, file: Path | None) -> Path:
    """Write the version's file, `MODEL-VERSION.trimtab` here by default; where it lies."""
    out = file or Path(f"{bundle.model}-{bundle.version}{SUFFIX}")
    out.write_bytes(write_bundle(bundle))
    return out


def _file(entry: Mapping[str, Any]) -> bytes:
    """One file, from the URL that the API signed."""
    try:
        answer = urllib3.request("GET", entry["url"], timeout=TIMEOUT_S, retries=2)
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"{entry['name']} cannot be read: {error}") from error
    if answer.status != 200:
        raise UnavailableError(f"{entry['name']} cannot be read: S3 answered {answer.status}: export again")
    body: bytes = answer.data
    if digest_of(body) != entry["sha256"]:
        raise CorruptArtifactError(f"{entry['name']} was changed after it was registered: run `trimtab audit verify`")
    return body
