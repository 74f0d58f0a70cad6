"""Send rows as clients do: one request each, a few at a time, waiting when asked to."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Any

from functions.domain.errors import UnavailableError
from trimtab.endpoint import Endpoint

CLIENTS = 4
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """One request's answer: `prediction` as the endpoint gave it, seconds as the client saw them, tries turned away."""

    prediction: Mapping[str, Any]
    seconds: float
    throttled: int


def send(
    endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], done: Callable[[], None] = lambda: None
) -> list[Answered]:
    """One request a row, in the rows' order; calls `done` after each.

    Raises:
        UnavailableError: a request was not answered even after waiting as long as the endpoint asked.
    """

    def send_one(row: Mapping[str, Any]) -> Answered:
        answered = _send_one(endpoint, row)
        done()
        return answered

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(send_one, rows))


def _send_one(endpoint: Endpoint, row: Mapping[str, Any]) -> Answered:
    body = json.dumps({"rows": [row]}).encode()
    for throttled in range(MOST_TRIES):
        begun = perf_counter()
        response = endpoint.call("POST", f"/models/{endpoint.model}/predict", body)
        seconds = perf_counter() - begun
        if response.status == 200:
            return Answered(json.loads(response.data)["predictions"][0], seconds, throttled)
        if response.status != 429:
            raise UnavailableError(f"HTTP {response.status}: {response.data[:300].decode(errors='replace')}")
        sleep(float(response.headers.get("Retry-After", 1)))
    raise UnavailableError(f"turned away {MOST_TRIES} times (HTTP 429): raise rate or quota in model.toml's [api]")
