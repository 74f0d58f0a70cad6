"""Ids that know when they were made: a request's is a UUID of version 7 (RFC 9562), a prediction's that and its row.

A label names its prediction by this id alone, and may come weeks later. Since the id begins with the request's time,
the label finds its prediction's hour in the log without an index of all predictions ever made.
"""

import re
from hashlib import sha256

_GATEWAY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_PREDICTION = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-[0-9]{1,7}")


def request_id(gateway_id: str, time_ms: int) -> str:
    """The id of a request that API Gateway calls `gateway_id` and that came at `time_ms` (milliseconds since 1970 UTC).

    The same request always gets the same id. The 74 random bits are the gateway's own, so the id ends as the gateway's
    does and is found in its logs by that; an id that is no random UUID gives its SHA-256's instead.
    """
    if not _GATEWAY.fullmatch(gateway_id):
        digest = sha256(gateway_id.encode("utf-8", "surrogatepass")).hexdigest()
        gateway_id = f"00000000-0000-4{digest[:3]}-8{digest[3:6]}-{digest[6:18]}"
    time = f"{time_ms & 0xFFFF_FFFF_FFFF:012x}"
    return f"{time[:8]}-{time[8:]}-7{gateway_id[15:]}"


def prediction_id(request: str, row: int) -> str:
    """The id by which a client names one prediction when it sends the truth for it."""
    return f"{request}-{row}"


def predicted_at(prediction: str) -> int | None:
    """When a prediction was made, in milliseconds since 1970 UTC; None for an id that is not one of ours."""
    match = _PREDICTION.fullmatch(prediction)
    return int(match[1] + match[2], 16) if match else None
