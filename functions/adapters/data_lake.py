"""Objects in S3, read whole and written whole; a conditional write says which content it was made from.

Reading an object that may not be there needs `s3:ListBucket` on the bucket: without it S3 answers AccessDenied for
what is missing as for what is forbidden, and this adapter does not guess which of them it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import ConflictError, NotFoundError

# Other content lies there than the write was made from; or another write of the same key is on its way.
_CHANGED = {"PreconditionFailed": ConflictError, "ConditionalRequestConflict": ConflictError}
_MISSING = {"NoSuchKey": NotFoundError}
_CONNECTIONS = 16


def lake_client() -> Any:
    """An S3 client with this adapter's timeouts and retries, for several threads."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    config = Config(connect_timeout=3, read_timeout=30, retries=retries, max_pool_connections=_CONNECTIONS)
    return boto3.client("s3", config=config)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it; `size` in bytes, `etag` as S3 writes it, quotes included."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """An object's content, and the `etag` by which a conditional write names it."""

    body: bytes
    etag: str


class Readable(Protocol):
    """What has objects by their keys: a bucket, or whoever fetches from one. `DataLake` says what the call raises."""

    def get(self, key: str) -> Found | None: ...


class DataLake:
    """One bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def list(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """The objects whose keys start with `prefix` and come after `after`, in the order of their keys.

        Raises:
            UnavailableError: S3 did not answer.
        """
        start = {"StartAfter": after} if after else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **start)
        with translated(f"list s3://{self._bucket}/{prefix}"):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield Listed(entry["Key"], entry["ETag"], entry["Size"])

    def get(self, key: str) -> Found | None:
        """An object, or None where there is none.

        Raises:
            UnavailableError: S3 did not answer, or does not let us.
        """
        try:
            with translated(f"read s3://{self._bucket}/{key}", _MISSING):
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return Found(answer["Body"].read(), answer["ETag"])
        except NotFoundError:
            return None

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, whatever lies there.

        Raises:
            UnavailableError: S3 did not take it.
        """
        with translated(f"write s3://{self._bucket}/{key}"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def put_if(self, key: str, body: bytes, etag: str | None, content_type: str = "application/octet-stream") -> str:
        """Write an object in place of the content that `etag` names, None being no object; its new ETag.

        A write whose answer was lost may have taken effect: read again after a ConflictError.

        Raises:
            ConflictError: something else lies there, or is just being written.
            UnavailableError: S3 did not take it.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        # With If-Match an object that is gone answers NoSuchKey.
        known = {**_CHANGED, "NoSuchKey": ConflictError}
        with translated(f"write s3://{self._bucket}/{key}", known):
            answer = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, **condition
            )
        written: str = answer["ETag"]
        return written
