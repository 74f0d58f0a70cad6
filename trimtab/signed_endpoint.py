"""A model's signed calls as its senders see them: labels, and observations of models that run elsewhere."""

import json
from collections.abc import Mapping
from time import sleep
from typing import Any, Final, Literal

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from functions.domain.errors import InvalidRequestError, NotFoundError, UnavailableError
from trimtab.endpoint import TIMEOUT_S, TOO_MANY_REQUESTS, find_endpoint
from trimtab.stage import Stage

MOST_TRIES: Final = 8
SERVICE: Final = "execute-api"

What = Literal["labels", "observations"]


class SignedEndpoint:
    """Sends documents signed with the credentials at hand; keeps its connections alive, and may be used by threads."""

    def __init__(self, stage: Stage, model: str) -> None:
        """Raises NotFoundError: the model is not deployed there, or there are no AWS credentials."""
        self._url = f"{find_endpoint(stage, model).url}/models/{model}/"
        self._region = stage.names.region
        self._credentials = _credentials(stage)
        self._pool = urllib3.PoolManager(timeout=TIMEOUT_S, retries=False, maxsize=8)

    def send(self, what: What, document: Mapping[str, Any], **headers: str) -> dict[str, Any]:
        """What the endpoint answers: how many rows it `accepted`, and why it `rejected` the others.

        A request that was not answered, or turned away for now, is made again: sending twice changes nothing.

        Raises:
            InvalidRequestError: no row of it was right, or it is none; the text says why.
            UnavailableError: no answer, or turned away too often.
        """
        body = json.dumps(document).encode()
        for tried in range(MOST_TRIES):
            response = self._post(self._url + what, body, headers)
            if response is not None and response.status < 500 and response.status != TOO_MANY_REQUESTS:
                return _checked(response)
            wait = None if response is None else response.headers.get("Retry-After")
            sleep(float(wait) if wait is not None else min(5.0, 0.1 * 2**tried))
        said = "no answer" if response is None else f"HTTP {response.status}"
        raise UnavailableError(f"{self._url}{what} was tried {MOST_TRIES} times: {said}")

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse | None:
        """The answer, or None where there was none."""
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json", **headers})
        SigV4Auth(self._credentials, SERVICE, self._region).add_auth(request)
        try:
            return self._pool.request("POST", url, body=body, headers=dict(request.headers.items()))
        except urllib3.exceptions.HTTPError:
            return None


def _credentials(stage: Stage) -> Credentials:
    if stage.is_local:
        return Credentials(stage.names.account, "local")
    found = boto3.session.Session().get_credentials()
    if found is None:
        raise NotFoundError("no AWS credentials were found: set AWS_PROFILE, or log in")
    return found.get_frozen_credentials()


def _checked(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(response.data)
    except ValueError:
        raise UnavailableError(f"the endpoint answered {response.status} with no JSON in it") from None
    if response.status < 300:
        return answer
    rejected = "; ".join(f"row {row['row']}: {row['error']}" for row in answer.get("rejected", [])[:3])
    reason = f"{answer.get('error', answer)} (HTTP {response.status})"
    raise InvalidRequestError(f"{reason}: {rejected}" if rejected else reason)
