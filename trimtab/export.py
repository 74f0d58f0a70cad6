"""`trimtab export`: a version as one file, read through the management API, and checked before it is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.domain.bundle import SUFFIX, Bundle, write_bundle
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import MANIFEST, open_artifact
from functions.domain.signature import SIGNATURE
from trimtab.bundle_signature import verified_signer
from trimtab.management import Reading, part
from trimtab.signed_download import download


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
    name, found = entry["name"], download(entry["name"], entry["url"])
    if found is None:
        raise CorruptArtifactError(f"{name} is gone from the artifact bucket: run `trimtab audit verify`")
    if digest_of(found.body) != entry["sha256"]:
        raise CorruptArtifactError(f"{name} was changed after it was registered: run `trimtab audit verify`")
    return found.body
