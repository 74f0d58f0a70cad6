"""S3 with versions and Object Lock in memory: what was written stays, whatever is laid over it."""

import io
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError


class FakeLockedBucket:
    """A bucket's objects: each a list of versions, oldest first; None is a delete marker."""

    def __init__(self) -> None:
        self.objects: dict[str, list[bytes | None]] = {}

    def put_object(
        self,
        Bucket: str,  # noqa: N803 - boto3's names
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ChecksumAlgorithm: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        ContentType: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        if ChecksumAlgorithm is None:
            raise _refused("PutObject", "InvalidRequest", "Object Lock takes no object without a checksum")
        if IfNoneMatch and self.objects.get(Key, [None])[-1] is not None:
            raise _refused("PutObject", "PreconditionFailed", "it is there")
        self.objects.setdefault(Key, []).append(bytes(Body))
        return {}

    def delete_object(self, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        if VersionId is not None:
            raise _refused("DeleteObject", "AccessDenied", "it is locked")
        self.objects.setdefault(Key, []).append(None)
        return {}

    def get_object(self, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        body = self.objects[Key][int(VersionId)]
        if body is None:
            raise _refused("GetObject", "NoSuchKey", "that is a delete marker")
        return {"Body": io.BytesIO(body)}

    def get_paginator(self, operation: str) -> "FakeLockedBucket":
        if operation != "list_object_versions":
            raise NotImplementedError(operation)
        return self

    def paginate(self, Bucket: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """A page for each object, newest version first, as S3 lists them."""
        for key, versions in sorted(self.objects.items()):
            listed = [(str(number), body) for number, body in enumerate(versions)][::-1]
            yield {
                "Versions": [{"Key": key, "VersionId": v, "ETag": "an etag"} for v, body in listed if body is not None],
                "DeleteMarkers": [{"Key": key, "VersionId": v} for v, body in listed if body is None],
            }


def _refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
