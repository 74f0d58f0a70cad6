"""What Firehose's answers mean: which records are safe, and what to do about the others."""

import contextlib
import json
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

from functions.adapters.http_response import Response
from functions.domain.errors import UnavailableError

# What the answer calls for: nothing; another try after a pause; new credentials; another clock; giving up.
type Remedy = Literal["none", "wait", "renew credentials", "set clock", "give up"]

_BUSY = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_REFUSED_CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
# AWS reports a clock that is off as a wrong signature ("Signature expired", "Signature not yet current") as well.
_SKEWED_CLOCK = frozenset(
    {
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)


class Verdict(NamedTuple):
    """`unacknowledged`: positions within the batch. `reason`: for a person, empty where all went well."""

    unacknowledged: Sequence[int]
    remedy: Remedy
    reason: str = ""


def judge(response: Response, count: int) -> Verdict:
    """Judge the answer to a put of `count` records.

    Raises:
        UnavailableError: it claims success, but is not what Firehose answers; the records may be stored or not.
    """
    everything = range(count)
    if response.status == 200:
        return _judge_success(response, count)
    code, message = _error(response)
    reason = f"{response.status} {code}: {message}"
    if code in _REFUSED_CREDENTIALS:
        return Verdict(everything, "renew credentials", reason)
    if code in _SKEWED_CLOCK:
        return Verdict(everything, "set clock", reason)
    if code in _BUSY or response.status >= 500 or response.status in (408, 429):
        return Verdict(everything, "wait", reason)
    return Verdict(everything, "give up", reason)


def server_time(response: Response) -> float | None:
    """Seconds since the epoch by the server's `Date` header; None where that is missing or malformed."""
    import calendar  # only where a clock is off

    try:
        return float(calendar.timegm(time.strptime(response.headers.get("date", ""), "%a, %d %b %Y %H:%M:%S GMT")))
    except ValueError:
        return None


def _judge_success(response: Response, count: int) -> Verdict:
    try:
        answer = json.loads(response.body)
        results = [answer] if count == 1 else answer["RequestResponses"]
        if len(results) != count:
            raise ValueError("not one result for each record")
        failed = [position for position, result in enumerate(results) if not result.get("RecordId")]
        reasons = {
            f"{results[position].get('ErrorCode')}: {results[position].get('ErrorMessage')}" for position in failed
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnavailableError(f"Firehose's answer is malformed: {error}") from error
    if not failed:
        return Verdict((), "none")
    return Verdict(failed, "wait", f"{len(failed)} of {count} records: {', '.join(sorted(reasons))}")


def _error(response: Response) -> tuple[str, str]:
    """Code and message, wherever the answer has them."""
    document: object = None
    with contextlib.suppress(ValueError, RecursionError):  # a proxy's page, or nothing: the status says enough
        document = json.loads(response.body)
    fields = document if isinstance(document, dict) else {}
    code = response.headers.get("x-amzn-errortype") or fields.get("__type") or fields.get("code") or ""
    message = fields.get("message") or fields.get("Message") or ""
    # "com.amazonaws.firehose#ThrottlingException:http://…" → "ThrottlingException"
    return str(code).partition(":")[0].rpartition("#")[2], " ".join(str(message).split())
