"""Registered versions in the artifact bucket with their signature: written by `register`, trusted by nobody unread."""

from functions.adapters.artifacts import Artifacts, layer_key, prefix_of
from functions.adapters.signatures import Signatures
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.release_artifact import MANIFEST, Artifact, layer_zip
from functions.domain.signature import SIGNATURE, Signature, signed_message


class SignedVersions:
    """The files of registered versions, signed and checked."""

    def __init__(self, artifacts: Artifacts, signatures: Signatures) -> None:
        self._artifacts = artifacts
        self._signatures = signatures

    @property
    def bucket(self) -> str:
        return self._artifacts.bucket

    def keep(self, artifact: Artifact, version: int) -> None:
        """Write a version's files and its layer under its number, and sign them; nothing where that was done.

        The signature is written last: what has one is whole. Two runs may sign at once, and each signature is another:
        the one that lies there counts, where it is valid.

        Raises:
            CorruptArtifactError: another content, or another signature, lies there.
            UnavailableError: S3 or KMS did not answer.
        """
        self._artifacts.keep(artifact, version)
        message = signed_message(artifact.model, version, artifact.files[MANIFEST])
        key = prefix_of(artifact.model, version) + SIGNATURE
        if (known := self._signature(key)) is None:
            try:
                self._artifacts.put_new(key, self._signatures.sign(message).to_bytes())
            except ConflictError:  # somebody else signed it meanwhile
                known = self._signature(key)
        if known is not None:
            self._verify(message, known, f"version {version} of {artifact.model}")

    def verified(self, version: ModelVersion) -> Artifact:
        """Read a version, and check all of it: signature, manifest, every file, the layer, and the registry's digests.

        Raises:
            NotFoundError: a file is missing.
            CorruptArtifactError: something is not what was registered; the text names it.
            UnavailableError: S3 or KMS did not answer.
        """
        name, prefix = f"version {version.number} of {version.model}", prefix_of(version.model, version.number)
        signature = self._signature(prefix + SIGNATURE)
        if signature is None:
            raise CorruptArtifactError(f"{name} is not signed: deploy it again to have it signed")
        manifest = self._artifacts.read(prefix + MANIFEST)
        self._verify(signed_message(version.model, version.number, manifest), signature, name)
        artifact = self._artifacts.kept(version)
        if (artifact.contract_digest, artifact.onnx_digest) != (version.contract_digest, version.onnx_digest):
            raise CorruptArtifactError(f"{name} was registered with other digests than its manifest lists")
        layer = layer_key(version.model, version.number)
        if digest_of(self._artifacts.read(layer)) != digest_of(layer_zip(artifact)):
            raise CorruptArtifactError(f"s3://{self.bucket}/{layer} was changed: it is not the layer of {name}")
        return artifact

    def _signature(self, key: str) -> Signature | None:
        try:
            return Signature.from_bytes(self._artifacts.read(key))
        except NotFoundError:
            return None

    def _verify(self, message: bytes, signature: Signature, name: str) -> None:
        try:
            self._signatures.verify(message, signature)
        except CorruptArtifactError as error:
            raise CorruptArtifactError(
                f"{SIGNATURE} of {name} does not fit its manifest: one of the two was changed ({error})"
            ) from error
