"""Exported versions, as a stage would sign them: a real key, a real model, a real artifact."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.adapters.model_folder import load_settings
from functions.domain.bundle import Bundle, write_bundle
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.release_artifact import FILES, MANIFEST, Artifact, open_artifact
from functions.domain.signature import Signature, signed_message
from functions.retrain.train import train
from tests.unit.folders import small_folder
from trimtab.project import Project

KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/one"
VERSION = 3


@cache
def key(number: int = 1) -> EllipticCurvePrivateKey:
    """A signer's key; another number is another signer."""
    return generate_private_key(SECP256R1())


def public(number: int = 1) -> bytes:
    return key(number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@cache
def trained_model() -> tuple[Artifact, Mapping[str, object]]:
    """The artifact of a small trained model, and its settings as they would be deployed."""
    with TemporaryDirectory() as root:
        folder = small_folder(Path(root))
        train(folder, Path(root) / "artifact", lambda text: None)
        files = {name: (Path(root) / "artifact" / name).read_bytes() for name in (*FILES, MANIFEST)}
        return open_artifact("small", digest_of(files[MANIFEST]), files), load_settings(folder).config.to_document()


def signed(artifact: Artifact, version: int = VERSION, by: int = 1, settings: bytes | None = None) -> Bundle:
    """The artifact as that version, signed by a key."""
    message = signed_message(artifact.model, version, artifact.files[MANIFEST])
    signature = Signature(KEY_ARN, key(by).sign(message, ECDSA(SHA256())))
    deployed = settings or canonical_json(trained_model()[1]).encode()
    return Bundle(version, artifact, signature.to_bytes(), public(by), b'{"card": 1}', deployed)


def exported(folder: Path, bundle: Bundle | None = None) -> Path:
    """A file with that version in it."""
    file = folder / "small-3.trimtab"
    file.write_bytes(write_bundle(bundle or signed(trained_model()[0])))
    return file


def with_key_of(bundle: Bundle, by: int) -> Bundle:
    """The same version with another's public key beside it."""
    return replace(bundle, public_key=public(by))


def project_in(folder: Path) -> Project:
    """An empty project."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("cdk.json", "app.py"):
        (folder / name).write_text("{}")
    (folder / "models").mkdir(exist_ok=True)
    return Project.find(folder)
