"""Send rows as clients do: one request each, a few at a time, waiting when told to."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trimtab.endpoint import Answered, Endpoint

CLIENTS = 4


def send(
    endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], done: Callable[[], None] = lambda: None
) -> list[Answered]:
    """One request a row, answers in the rows' order; calls `done` after each. Raises as `Endpoint.ask` does."""

    def send_one(row: Mapping[str, Any]) -> Answered:
        answered = endpoint.ask([row])
        done()
        return answered

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(send_one, rows))
