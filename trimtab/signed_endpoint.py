"""Sends labels and observations to a model's endpoint, each request signed with AWS credentials."""

import json
from collections.abc import Callable, Mapping
from time import sleep
from typing import Any, Literal

import urllib3
from botocore.credentials import Credentials

from functions.domain.errors import UnavailableError
from trimtab.endpoint import TIMEOUT_S, TOO_MANY_REQUESTS, checked, find_endpoint
from trimtab.signing import find_credentials, signed_headers
from trimtab.stage import Stage

MOST_TRIES = 8
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
CONNECTIONS = 8


class SignedEndpoint:
    """One model's `labels` and `observations` calls, with connections that are kept; threads may share it.

    Signs with `credentials`; without any as the local cloud's own account there, and as boto3 would anywhere else.

    Raises:
        NotFoundError: the model is not deployed in the stage.
        UnavailableError: there are no AWS credentials.
    """

    def __init__(
        self,
        stage: Stage,
        model: str,
        pause: Callable[[float], None] = sleep,
        credentials: Credentials | None = None,
    ) -> None:
        self._base = f"{find_endpoint(stage, model).url}/models/{model}/"
        self._region = stage.names.region
        self._credentials = credentials or find_credentials(stage)
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, timeout=TIMEOUT_S, retries=False)
        self._pause = pause

    def send(
        self, what: Literal["labels", "observations"], document: Mapping[str, Any], **headers: str
    ) -> dict[str, Any]:
        """Send `{"labels": […]}` or `{"observations": […]}`; the answer, with the rows that were rejected.

        What is throttled, broken or cut off is sent again, so labels and observations with ids of their own may arrive
        twice and count once. `headers` go along unsigned.

        Raises:
            InvalidRequestError: no row was taken, or the request is malformed, or not allowed.
            UnavailableError: the endpoint does not answer, after all tries.
        """
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        for number in range(MOST_TRIES):
            last = number == MOST_TRIES - 1
            pause = min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S)
            try:
                response = self._post(self._base + what, body, headers)
            except urllib3.exceptions.HTTPError as error:
                if last:
                    raise UnavailableError(f"{self._base} does not answer: {error}") from error
            else:
                again = response.status == TOO_MANY_REQUESTS or response.status >= 500
                if last or not again:
                    return checked(response)
                pause = max(pause, float(response.headers.get("Retry-After", 0)))
            self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Sign anew for each try: a signature is good for five minutes, and credentials may be renewed."""
        signed = signed_headers(
            self._credentials, self._region, "POST", url, body, {"Content-Type": "application/json"}
        )
        return self._pool.request("POST", url, body=body, headers={**signed, **headers})
