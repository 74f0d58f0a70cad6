"""S3 in memory: objects with ETags, conditional writes, and listings in pages. Safe from several threads."""

import io
from collections.abc import Iterator
from hashlib import md5
from threading import RLock
from typing import Any

from botocore.exceptions import ClientError


class FakeS3:
    """`page` is how many keys a listing's page holds."""

    def __init__(self, page: int = 1_000) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self._page = page
        self._lock = RLock()

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        with self._lock:
            if (Bucket, Key) not in self.objects:
                raise _refused("GetObject", "NoSuchKey", "there is no such key")
            body = self.objects[Bucket, Key]
        return {"Body": io.BytesIO(body), "ETag": _etag(body)}

    def put_object(
        self,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        ContentType: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        with self._lock:
            found = self.objects.get((Bucket, Key))
            if IfNoneMatch not in (None, "*"):
                raise _refused("PutObject", "NotImplemented", "If-None-Match takes * alone")
            if IfNoneMatch == "*" and found is not None:
                raise _refused("PutObject", "PreconditionFailed", "it is there")
            if IfMatch is not None and found is None:
                raise _refused("PutObject", "NoSuchKey", "there is no such key")
            if IfMatch is not None and found is not None and IfMatch != _etag(found):
                raise _refused("PutObject", "PreconditionFailed", "its ETag is another")
            self.objects[Bucket, Key] = bytes(Body)
        return {"ETag": _etag(Body)}

    def get_paginator(self, operation: str) -> "_Listing":
        if operation != "list_objects_v2":
            raise NotImplementedError(operation)
        return _Listing(self)

    def listed(self, bucket: str, prefix: str, after: str) -> Iterator[dict[str, Any]]:
        """The pages of a listing; each shows what there is when it is asked for."""
        while True:
            with self._lock:
                keys = sorted(
                    key for place, key in self.objects if place == bucket and key.startswith(prefix) and key > after
                )
                entries: list[dict[str, Any]] = [
                    {"Key": key, "ETag": _etag(self.objects[bucket, key]), "Size": len(self.objects[bucket, key])}
                    for key in keys[: self._page]
                ]
            yield {"Contents": entries} if entries else {}
            if len(keys) <= self._page:
                return
            after = entries[-1]["Key"]


class _Listing:
    def __init__(self, s3: FakeS3) -> None:
        self._s3 = s3

    def paginate(self, Bucket: str, Prefix: str = "", StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        return self._s3.listed(Bucket, Prefix, StartAfter)


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'


def _refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
