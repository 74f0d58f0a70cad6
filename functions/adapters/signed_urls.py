"""URLs by which somebody without rights of his own reads or writes one object of S3, for a while."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated

VALID_S = 900


def urls_client() -> Any:
    """An S3 client whose URLs are of the bucket's own region. Those that it signs by itself are of the global host,
    which sends whoever comes to a young bucket elsewhere, where the signature is wrong.
    """
    return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """`headers` must be sent along as they are; it is good for `VALID_S` seconds."""

    url: str
    headers: dict[str, str]


class SignedUrls:
    """One bucket's; whoever signs needs the right himself."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, sha256: str) -> SignedUrl:
        """For writing an object whose SHA-256 (hex) is that: S3 refuses any other content.

        Raises:
            UnavailableError: there are no credentials to sign with.
        """
        return self._put(key, sha256, {}, {})

    def put_once(self, key: str, sha256: str) -> SignedUrl:
        """As `put`, where there is no such object yet; S3 answers 412 where there is."""
        return self._put(key, sha256, {"IfNoneMatch": "*"}, {"if-none-match": "*"})

    def get(self, key: str) -> str:
        """For reading an object.

        Raises:
            UnavailableError: there are no credentials to sign with.
        """
        asked = {"Bucket": self._bucket, "Key": key}
        with translated(f"sign a download of s3://{self._bucket}/{key}"):
            url: str = self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=VALID_S)
        return url

    def _put(self, key: str, sha256: str, also_asked: dict[str, str], also_sent: dict[str, str]) -> SignedUrl:
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        asked = {"Bucket": self._bucket, "Key": key, "ChecksumSHA256": checksum, **also_asked}
        with translated(f"sign an upload to s3://{self._bucket}/{key}"):
            url = self._client.generate_presigned_url("put_object", Params=asked, ExpiresIn=VALID_S)
        return SignedUrl(url, {"x-amz-checksum-sha256": checksum, **also_sent})
