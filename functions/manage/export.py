"""What belongs to an exported version: each file with its digest and a URL to read it by, the key and the settings.

The files go from the bucket to whoever asked, and not through this function: a model is larger than an answer may be.
"""

from base64 import encodebytes
from collections.abc import Callable
from typing import Any, Protocol

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Store
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.release_artifact import MANIFEST, listed_files
from functions.domain.signature import SIGNATURE

SCHEMA_VERSION = 1


class ReadUrls(Protocol):
    """`adapters/signed_urls.py` says what the call does and raises."""

    def get(self, key: str) -> str: ...


class Export:
    """Versions of one stage; `artifacts` is their bucket, `public_key` gives the signing key's public half as DER."""

    def __init__(self, store: Store, artifacts: DataLake, urls: ReadUrls, public_key: Callable[[], bytes]) -> None:
        self._store, self._artifacts, self._urls, self._public_key = store, artifacts, urls, public_key

    def document(self, model: str, number: int) -> dict[str, Any]:
        """`{"v", "model", "version", "artifact", "files": [{"name", "sha256", "url"}], "public_key", "settings"}`.

        Raises:
            NotFoundError: there is no such version, or the model's stack was never deployed.
            ConflictError: the version was registered before versions were signed.
            CorruptArtifactError: the manifest is not what was registered, or is not there.
            UnavailableError: AWS did not answer.
        """
        version = Registry(self._store).version(model, number)
        settings = MonitoringRegistry(self._store).config(model)
        prefix = f"artifacts/model={model}/version={number}/"
        manifest, signature = self._artifacts.get(prefix + MANIFEST), self._artifacts.get(prefix + SIGNATURE)
        if manifest is None:
            raise CorruptArtifactError(f"{prefix}{MANIFEST} is gone: version {number} of {model} cannot be exported")
        if signature is None:
            raise ConflictError(f"version {number} of {model} is not signed: deploy it again to have it signed")
        digests = {
            **listed_files(model, version.artifact_digest, manifest.body),
            MANIFEST: version.artifact_digest,
            SIGNATURE: digest_of(signature.body),
        }
        return {
            "v": SCHEMA_VERSION,
            "model": model,
            "version": number,
            "artifact": version.artifact_digest,
            "files": [
                {"name": name, "sha256": digest, "url": self._urls.get(prefix + name)}
                for name, digest in sorted(digests.items())
            ],
            "public_key": pem(self._public_key()),
            "settings": settings.to_document(),
        }


def pem(der: bytes) -> str:
    """A public key (SubjectPublicKeyInfo) as RFC 7468 writes it, which openssl and every library read."""
    lines = encodebytes(der).decode().replace("\n", "")
    body = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
