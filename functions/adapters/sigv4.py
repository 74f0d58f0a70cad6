"""AWS Signature Version 4, for requests whose whole body is in memory.

botocore has a signer too, but importing that takes longer than importing onnxruntime; `predict` signs with this one.
A test holds the two against each other.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import NamedTuple

ALGORITHM = "AWS4-HMAC-SHA256"
# What a proxy may change, and the signature itself.
_NEVER_SIGNED = frozenset(
    {
        "authorization",
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")


class Credentials(NamedTuple):
    """An AWS identity. `expires` is in seconds since the epoch, None where that is not known."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires: float | None = None

    def __repr__(self) -> str:
        """Without its secrets."""
        return f"Credentials({self.access_key!r}, …, expires={self.expires})"


class Signer:
    """Signs requests to one service in one region, e.g. `Signer("firehose", "us-east-1")`."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._key_of: tuple[str, str] | None = None  # secret and day that the cached key was derived from
        self._key = b""

    def sign(
        self,
        credentials: Credentials,
        now: float,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> dict[str, str]:
        """The request's headers, with date, session token and signature added.

        Args:
            now: the time to sign with, in seconds since the epoch.
            path: as on the request line, up to the question mark.
            query: as on the request line, after the question mark, percent-encoded already.
            headers: all that shall be signed, `Host` among them; no two names that differ only in case.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        signed = {**headers, "X-Amz-Date": stamp}
        if credentials.token:
            signed["X-Amz-Security-Token"] = credentials.token
        lines = sorted(
            (low, " ".join(value.split()))
            for name, value in signed.items()
            if (low := name.lower()) not in _NEVER_SIGNED
        )
        names = ";".join([name for name, _ in lines])
        canonical = "\n".join(
            [
                method,
                _canonical_path(path),
                _canonical_query(query) if query else "",
                *[f"{name}:{value}" for name, value in lines],
                "",
                names,
                hashlib.sha256(body).hexdigest(),
            ]
        )
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(credentials.secret_key, stamp[:8]), to_sign.encode(), "sha256").hex()
        signed["Authorization"] = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return signed

    def _signing_key(self, secret: str, day: str) -> bytes:
        """The key that is good for one day, service and region; derived once a day."""
        if self._key_of != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key_of, self._key = (secret, day), key
        return self._key


def _canonical_path(path: str) -> str:
    """Dot segments resolved, repeated slashes joined, and (as for every service but S3) percent-encoded once more."""
    if path in ("", "/"):
        return "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    first = "/" if path.startswith("/") else ""
    last = "/" if path.endswith("/") and kept else ""
    text = f"{first}{'/'.join(kept)}{last}"
    return "".join([chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode()])


def _canonical_query(query: str) -> str:
    """Parameters sorted by name, then by value; one without a value gets an empty one."""
    pairs = sorted((name, value) for name, _, value in (pair.partition("=") for pair in query.split("&")))
    return "&".join([f"{name}={value}" for name, value in pairs])
