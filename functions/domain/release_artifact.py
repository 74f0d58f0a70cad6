"""A trained model's six files: checked against their manifest, and packed as the layer that carries the model."""

import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError, InvalidRequestError

MANIFEST, WITNESS, REFERENCE = "manifest.json", "witness.json", "reference.json"
FILES = ("contract.json", "lineage.json", "model.onnx", "reference.json", "witness.json")
MANIFEST_VERSION = 2
SCHEMA_VERSION = 1  # of witness.json
# Which files a manifest lists, by its schema version. Version 1 had the reference in its contract.
_LISTED = {1: frozenset(FILES) - {REFERENCE}, MANIFEST_VERSION: frozenset(FILES)}
_LAYER_FILES = ("contract.json", "model.onnx")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A verified artifact; `files` holds all by name, `digest` is the manifest's own SHA-256."""

    model: str
    digest: str
    files: Mapping[str, bytes]

    @property
    def contract(self) -> Contract:
        return Contract.from_document(json.loads(self.files["contract.json"]))

    @property
    def contract_digest(self) -> str:
        return digest_of(self.files["contract.json"])

    @property
    def onnx_digest(self) -> str:
        return digest_of(self.files["model.onnx"])

    @property
    def origin(self) -> dict[str, Any] | None:
        """Where an imported model comes from, as its lineage tells; None of one that was trained here."""
        lineage = json.loads(self.files["lineage.json"])
        found: dict[str, Any] | None = lineage.get("imported") if isinstance(lineage, dict) else None
        return found

    @property
    def witness(self) -> dict[str, Any]:
        """Rows and the outputs that onnxruntime gave for them at training."""
        document: dict[str, Any] = json.loads(self.files["witness.json"])
        if document.get("v") != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"witness.json is of schema version {document.get('v')!r}: train the model again"
            )
        return document


def listing(model: str, files: Mapping[str, bytes]) -> bytes:
    """A manifest: the digests of the other files; its own digest is the artifact's."""
    digests = {name: digest_of(data) for name, data in files.items()}
    return canonical_json({"v": MANIFEST_VERSION, "model": model, "files": digests}).encode()


def digest_in(model: str, prefix: str) -> str:
    """The artifact digest that an upload's prefix names.

    Raises:
        InvalidRequestError: the prefix is not `incoming/model=<model>/<digest>/`.
    """
    match = re.fullmatch(rf"incoming/model={re.escape(model)}/([0-9a-f]{{64}})/", prefix)
    if match is None:
        raise InvalidRequestError(
            f"artifact {prefix!r} must be 'incoming/model={model}/<digest>/', with the digest of manifest.json"
        )
    return match[1]


def listed_files(model: str, digest: str, manifest: bytes) -> dict[str, str]:
    """Read a manifest: file names and their SHA-256.

    Raises:
        CorruptArtifactError: the manifest is another than `digest` names, of another model, or not well-formed.
    """
    if digest_of(manifest) != digest:
        raise CorruptArtifactError(f"manifest.json of {model} has not the digest {digest}: upload the artifact again")
    try:
        document = json.loads(manifest)
        version, named, files = document["v"], document["model"], dict(document["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptArtifactError(f"manifest.json of {model} is not well-formed: {error!r}") from error
    if version not in _LISTED:
        raise CorruptArtifactError(f"manifest.json is of schema version {version!r}: train the model again")
    if named != model:
        raise CorruptArtifactError(f"manifest.json is that of model {named!r}, not of {model!r}")
    if set(files) != _LISTED[version]:
        wanted = ", ".join(sorted(_LISTED[version]))
        raise CorruptArtifactError(f"manifest.json must list {wanted}, it lists {', '.join(files)}")
    return files


def open_artifact(model: str, digest: str, files: Mapping[str, bytes]) -> Artifact:
    """Check each file against the manifest, and the contract against the model.

    Raises:
        CorruptArtifactError: names the file that is not what it should be.
    """
    for name, expected in listed_files(model, digest, files[MANIFEST]).items():
        if digest_of(files[name]) != expected:
            raise CorruptArtifactError(f"{name} of {model} was changed after training: upload the artifact again")
    artifact = Artifact(model, digest, dict(files))
    try:
        contract = artifact.contract
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptArtifactError(f"contract.json of {model} is not well-formed: {error!r}") from error
    if contract.model != model:
        raise CorruptArtifactError(f"contract.json is that of model {contract.model!r}, not of {model!r}")
    if contract.onnx_sha256 != artifact.onnx_digest:
        raise CorruptArtifactError(f"contract.json of {model} belongs to another model.onnx: train the model again")
    return artifact


def layer_zip(artifact: Artifact) -> bytes:
    """The layer's content: `model/contract.json` and `model/model.onnx`, the same bytes for the same artifact.

    Stored, not deflated: another zlib would give other bytes, and with them another layer.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in _LAYER_FILES:
            entry = zipfile.ZipInfo(f"model/{name}", _ZIP_EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # readable by Lambda's user, on any platform
            archive.writestr(entry, artifact.files[name])
    return buffer.getvalue()


def lambda_sha256(content: bytes) -> str:
    """A digest as Lambda spells it (CodeSha256): base64, not hex."""
    return b64encode(sha256(content).digest()).decode()
