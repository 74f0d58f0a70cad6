"""Artifacts in S3: uploads are read and checked; registered ones are kept under their number, written once."""

from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.release_artifact import MANIFEST, Artifact, digest_in, layer_zip, listed_files, open_artifact

# S3 answers AccessDenied for an object that is not there to whoever may not list the bucket.
_MISSING = {"NoSuchKey": NotFoundError, "AccessDenied": NotFoundError, "NoSuchBucket": NotFoundError}
_EXISTS = {"PreconditionFailed": ConflictError}


def artifacts_client() -> Any:
    """An S3 client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("s3", config=Config(connect_timeout=3, read_timeout=20, retries=retries))


class Artifacts:
    """One bucket: `incoming/model=M/<digest>/` from outside, `artifacts/model=M/version=N/` for good."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def fetch(self, model: str, prefix: str) -> Artifact:
        """Read an upload and check every file of it.

        Raises:
            InvalidRequestError: `prefix` is not one of an upload.
            NotFoundError: a file is missing.
            CorruptArtifactError: a file is not what the manifest says, or the manifest not what the prefix says.
            UnavailableError: S3 did not answer.
        """
        digest = digest_in(model, prefix)
        files = {MANIFEST: self._get(prefix + MANIFEST)}
        for name in listed_files(model, digest, files[MANIFEST]):
            files[name] = self._get(prefix + name)
        return open_artifact(model, digest, files)

    def keep(self, artifact: Artifact, version: int) -> str:
        """Write an artifact and its layer under its number, once; returns the key of the layer's zip.

        Raises:
            CorruptArtifactError: another content lies there.
            UnavailableError: S3 did not answer.
        """
        key = layer_key(artifact.model, version)
        for name, body in artifact.files.items():
            self._put_once(_prefix(artifact.model, version) + name, body)
        self._put_once(key, layer_zip(artifact))
        return key

    def kept(self, version: ModelVersion) -> Artifact:
        """Read a registered version's artifact and check every file of it.

        Raises:
            NotFoundError: a file is missing.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: S3 did not answer.
        """
        prefix = _prefix(version.model, version.number)
        files = {MANIFEST: self._get(prefix + MANIFEST)}
        for name in listed_files(version.model, version.artifact_digest, files[MANIFEST]):
            files[name] = self._get(prefix + name)
        return open_artifact(version.model, version.artifact_digest, files)

    def _get(self, key: str) -> bytes:
        with translated(f"read s3://{self.bucket}/{key} (upload it again where it is missing)", _MISSING):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body

    def _put_once(self, key: str, body: bytes) -> None:
        try:
            with translated(f"write s3://{self.bucket}/{key}", _EXISTS):
                self._client.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
        except ConflictError:
            if self._get(key) != body:
                raise CorruptArtifactError(
                    f"s3://{self.bucket}/{key} holds other content than was registered: it must never be written again"
                ) from None


def layer_key(model: str, version: int) -> str:
    """Where a version's layer lies, as a zip."""
    return _prefix(model, version) + "layer.zip"


def _prefix(model: str, version: int) -> str:
    return f"artifacts/model={model}/version={version}/"
