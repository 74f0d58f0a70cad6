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
        files = {MANIFEST: self.read(prefix + MANIFEST)}
        for name in listed_files(model, digest, files[MANIFEST]):
            files[name] = self.read(prefix + name)
        return open_artifact(model, digest, files)

    def keep(self, artifact: Artifact, version: int) -> str:
        """Write an artifact and its layer under its number, once; returns the key of the layer's zip.

        Raises:
            CorruptArtifactError: another content lies there.
            UnavailableError: S3 did not answer.
        """
        key = layer_key(artifact.model, version)
        for name, body in artifact.files.items():
            self._put_once(prefix_of(artifact.model, version) + name, body)
        self._put_once(key, layer_zip(artifact))
        return key

    def kept(self, version: ModelVersion) -> Artifact:
        """Read a registered version's artifact and check every file of it.

        Raises:
            NotFoundError: a file is missing.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: S3 did not answer.
        """
        prefix = prefix_of(version.model, version.number)
        files = {MANIFEST: self.read(prefix + MANIFEST)}
        for name in listed_files(version.model, version.artifact_digest, files[MANIFEST]):
            files[name] = self.read(prefix + name)
        return open_artifact(version.model, version.artifact_digest, files)

    def read(self, key: str) -> bytes:
        """An object, as it is.

        Raises:
            NotFoundError: it is not there.
            UnavailableError: S3 did not answer.
        """
        with translated(f"read s3://{self.bucket}/{key} (upload it again where it is missing)", _MISSING):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body

    def put_new(self, key: str, body: bytes) -> None:
        """Write an object where there is none.

        Raises:
            ConflictError: there is one.
            UnavailableError: S3 did not answer.
        """
        with translated(f"write s3://{self.bucket}/{key}", _EXISTS):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")

    def _put_once(self, key: str, body: bytes) -> None:
        try:
            self.put_new(key, body)
        except ConflictError:
            if self.read(key) != body:
                raise CorruptArtifactError(
                    f"s3://{self.bucket}/{key} holds other content than was registered: it must never be written again"
                ) from None


def layer_key(model: str, version: int) -> str:
    """Where a version's layer lies, as a zip."""
    return prefix_of(model, version) + "layer.zip"


def prefix_of(model: str, version: int) -> str:
    """Below what a registered version's files lie."""
    return f"artifacts/model={model}/version={version}/"
