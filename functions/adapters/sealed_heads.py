"""Sealed heads in S3: a bucket under Object Lock, where each is written once and read as it was written first.

Under Object Lock an object's versions stay. Somebody may still lay a newer version over one, or a delete marker: the
first version counts, and that there is more is a finding.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from functions.adapters.aws_errors import translated
from functions.adapters.data_lake import lake_client
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.sealed_head import PREFIX, SealedHead

READERS = 16
_TAKEN = {"PreconditionFailed": ConflictError, "ConditionalRequestConflict": ConflictError}

sealing_client = lake_client  # an S3 client, with the lake's timeouts and retries


@dataclass(frozen=True, slots=True)
class Seal:
    """An object of the bucket: the head in it, None where it holds none; `wrong` says what is wrong with the object."""

    key: str
    head: SealedHead | None
    wrong: tuple[str, ...] = ()


class SealedHeads:
    """One bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def write(self, head: SealedHead) -> bool:
        """Seal a head; False where this hour has one already.

        Raises:
            UnavailableError: S3 did not take it.
        """
        try:
            with translated(f"write s3://{self.bucket}/{head.key}", _TAKEN):
                self._client.put_object(
                    Bucket=self.bucket,
                    Key=head.key,
                    Body=head.to_bytes(),
                    ContentType="application/json",
                    IfNoneMatch="*",
                    ChecksumAlgorithm="SHA256",  # Object Lock takes no object without a checksum
                )
        except ConflictError:
            return False
        return True

    def all(self) -> Iterator[Seal]:
        """Every object of the bucket, in the order of their keys, which is that of their hours.

        Raises:
            UnavailableError: S3 did not answer.
        """
        found: dict[str, list[Mapping[str, Any]]] = {}
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        with translated(f"list s3://{self.bucket}"):
            for page in pages:
                for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    found.setdefault(entry["Key"], []).append(entry)
        with ThreadPoolExecutor(READERS) as readers:
            yield from readers.map(self._seal, sorted(found), [found[key] for key in sorted(found)])

    def _seal(self, key: str, entries: list[Mapping[str, Any]]) -> Seal:
        """`entries` are the object's versions, newest first, and then its delete markers."""
        versions = [entry for entry in entries if "ETag" in entry]
        wrong = []
        if len(versions) < len(entries):
            wrong.append(f"{key} was deleted: {len(entries) - len(versions)} delete markers lie over it")
        if len(versions) > 1:
            wrong.append(f"{key} was written {len(versions)} times: the first one counts")
        if not versions:
            return Seal(key, None, tuple(wrong))
        try:
            head = SealedHead.from_bytes(self._read(key, versions[-1]["VersionId"]))
        except (CorruptArtifactError, NotFoundError) as error:
            return Seal(key, None, (*wrong, f"{key}: {error}"))
        if not key.startswith(PREFIX) or head.key != key:
            wrong.append(f"{key} holds the head of another hour: {head.key}")
        return Seal(key, head, tuple(wrong))

    def _read(self, key: str, version: str) -> bytes:
        known = {"NoSuchKey": NotFoundError, "NoSuchVersion": NotFoundError}
        with translated(f"read s3://{self.bucket}/{key}", known):
            answer = self._client.get_object(Bucket=self.bucket, Key=key, VersionId=version)
            body: bytes = answer["Body"].read()
            return body
