"""Requests signed with Signature Version 4 by a key that is known here: at the gateway, and where roles are assumed."""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from trimtab.local.credentials import Key
from trimtab.local.gateway_responses import refusal
from trimtab.local.http_message import Request

AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?"
    r"Signature=([0-9a-f]{64})$"
)
SKEW = timedelta(minutes=5)


def signed_by(
    request: Request, find: Callable[[str], Key | None], now: datetime, for_service: str = "execute-api"
) -> Key:
    """Whose key signed the request.

    Raises:
        Refusal: no signature, an unknown key, one that has expired, a wrong or an old signature.
    """
    header = request.header("authorization")
    if header is None:
        raise refusal("MISSING_AUTHENTICATION_TOKEN")
    match = AUTHORIZATION.match(header)
    stamp = request.header("x-amz-date") or ""
    if match is None or not re.match(r"^\d{8}T\d{6}Z$", stamp):
        raise refusal("INVALID_SIGNATURE", "The Authorization header or X-Amz-Date is missing or malformed")
    key_id, day, region, service, names, signature = match.groups()
    key = find(key_id)
    if key is None or (key.token and key.token != request.header("x-amz-security-token")):
        raise refusal("INVALID_SIGNATURE", "The security token included in the request is invalid.")
    if key.expires is not None and key.expires <= now:
        raise refusal("EXPIRED_TOKEN")
    if abs(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) - now) > SKEW:
        raise refusal("INVALID_SIGNATURE", f"Signature expired: {stamp} is not within 5 minutes of now")
    scope = f"{day}/{region}/{service}/aws4_request"
    canonical = _canonical_request(request, names.split(";"))
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"AWS4{key.secret}".encode()
    for part in (day, region, service, "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    expected = hmac.digest(secret, text.encode(), "sha256").hex()
    if not hmac.compare_digest(expected, signature) or service != for_service:
        raise refusal("INVALID_SIGNATURE")
    return key


def _canonical_request(request: Request, names: list[str]) -> str:
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(request.query, True))
    headers = "".join(f"{name}:{_values(request, name)}\n" for name in names)
    payload = request.header("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()
    if payload != "UNSIGNED-PAYLOAD" and payload != hashlib.sha256(request.body).hexdigest():
        raise refusal("INVALID_SIGNATURE")
    path = quote(request.raw_path, safe="/-_.~")
    return "\n".join((request.method, path, "&".join(f"{k}={v}" for k, v in query), headers, ";".join(names), payload))


def _values(request: Request, wanted: str) -> str:
    values = [" ".join(value.split()) for name, value in request.headers if name.lower() == wanted]
    return ",".join(values)
