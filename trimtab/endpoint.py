"""A model's HTTPS endpoint as its clients see it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Any

import urllib3
from botocore.exceptions import ClientError

from functions.domain.errors import InvalidRequestError, NotFoundError, UnavailableError
from trimtab.stage import Stage

TIMEOUT_S = 30.0
TOO_MANY_REQUESTS = 429
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer's body, the seconds it took as the client saw them, and how often it was told to wait before."""

    answer: dict[str, Any]
    seconds: float
    throttled: int

    @property
    def prediction(self) -> dict[str, Any]:
        """The first row's."""
        first: dict[str, Any] = self.answer["predictions"][0]
        return first


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The URL and the API key of one model; keeps its connections alive."""

    model: str
    url: str
    api_key: str | None
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=TIMEOUT_S, retries=False))

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One HTTP call; `path` starts with a slash. No retries, no checks."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self.api_key:
            sent["x-api-key"] = self.api_key
        try:
            return self.pool.request(method, self.url + path, body=body, headers={**sent, **headers})
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"{self.url} does not answer: {error}") from error

    def get(self, path: str) -> dict[str, Any]:
        """The JSON answer of a GET; raises as `ask` does."""
        return checked(self.call("GET", path))

    def ask(self, rows: Sequence[Mapping[str, Any]], **headers: str) -> Answered:
        """Answers for named rows; waits as long as the endpoint says when it has too many requests.

        Raises:
            InvalidRequestError: the endpoint turned the rows away; its text says which and why.
            UnavailableError: no answer, no release, or turned away too often.
        """
        return self.ask_encoded(json.dumps({"rows": rows}).encode(), **headers)

    def ask_encoded(self, body: bytes, **headers: str) -> Answered:
        """Answers for a body that holds named rows; waits and raises as `ask` does."""
        for throttled in range(MOST_TRIES):
            begun = perf_counter()
            response = self.call("POST", f"/models/{self.model}/predict", body, **headers)
            seconds = perf_counter() - begun
            if response.status != TOO_MANY_REQUESTS:
                return Answered(checked(response), seconds, throttled)
            sleep(float(response.headers.get("Retry-After", 1)))
        raise UnavailableError(
            f"turned away {MOST_TRIES} times (HTTP {TOO_MANY_REQUESTS}): raise rate or quota in model.toml's [api]"
        )

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The body of the answer for named rows; raises as `ask` does."""
        return self.ask(rows).answer

    def curl(self, row: Mapping[str, Any]) -> str:
        """The line that asks for one prediction from a shell."""
        key = f"-H 'x-api-key: {self.api_key}' " if self.api_key else ""
        body = json.dumps({"rows": [row]}).replace("'", "'\\''")
        return f"curl -s {key}-H 'content-type: application/json' -d '{body}' {self.url}/models/{self.model}/predict"


def checked(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """The JSON of an answer.

    Raises:
        InvalidRequestError: the endpoint turned the request away; its text says why.
        UnavailableError: it could not answer, or answered no JSON.
    """
    try:
        answer: dict[str, Any] = json.loads(response.data)
    except ValueError:
        raise UnavailableError(f"the endpoint answered {response.status} with no JSON in it") from None
    if response.status < 300:
        return answer
    reason = f"{answer.get('error', answer)} (HTTP {response.status})"
    if response.status in (TOO_MANY_REQUESTS, 503) or response.status >= 500:
        raise UnavailableError(reason)
    raise InvalidRequestError(reason)


def find_endpoint(stage: Stage, model: str) -> Endpoint:
    """The endpoint of a model in a stage.

    Raises:
        NotFoundError: the model is not deployed there.
    """
    ssm, gateway = stage.client("ssm"), stage.client("apigateway")
    parameters = {key: stage.names.model_parameter(model, key) for key in ("url", "api_key_id")}
    found = {p["Name"]: p["Value"] for p in ssm.get_parameters(Names=list(parameters.values()))["Parameters"]}
    url, key_id = found.get(parameters["url"]), found.get(parameters["api_key_id"])
    if url is None:
        raise NotFoundError(f"{model} is not deployed in stage {stage.name}: run `trimtab deploy {model}`")
    try:
        key = gateway.get_api_key(apiKey=key_id, includeValue=True)["value"] if key_id else None
    except ClientError as error:
        raise NotFoundError(f"the API key of {model} cannot be read: {error}") from error
    return Endpoint(model, url.rstrip("/"), key)
