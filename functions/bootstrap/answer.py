"""Answer CloudFormation, which waits at a signed URL."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from functions.domain.errors import InvalidRequestError, UnavailableError

TIMEOUT_S = 10.0
ATTEMPTS = 5


def send(url: str, answer: Mapping[str, Any], pause: Callable[[float], None] = time.sleep) -> None:
    """PUT an answer to CloudFormation's response URL.

    Raises:
        InvalidRequestError: the URL is not one of HTTP.
        UnavailableError: it was refused, or could not be delivered; Lambda then runs the event again.
    """
    if not url.startswith(("https://", "http://")):
        raise InvalidRequestError(f"ResponseURL {url[:80]!r} is no HTTP address")
    body = json.dumps(answer).encode()
    for attempt in range(ATTEMPTS):
        # The URL is signed for a request without a content type.
        request = Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - checked above
                return
        except HTTPError as error:
            error.close()
            if error.code < 500:  # an expired signature, for one, will not get better
                raise UnavailableError(f"CloudFormation's response URL answered {error.code}") from error
            reason: Exception = error
        except (URLError, TimeoutError, OSError) as error:
            reason = error
        if attempt < ATTEMPTS - 1:
            pause(2.0**attempt)
    raise UnavailableError(f"CloudFormation could not be answered in {ATTEMPTS} attempts: {reason}")
