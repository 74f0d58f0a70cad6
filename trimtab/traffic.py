"""Send rows as clients do: one request each, a few at a time, waiting when told to."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trimtab.endpoint import Answered, Endpoint
from trimtab.virtual_clock import HEADER

CLIENTS = 4


def send(
    endpoint: Endpoint,
    rows: Sequence[Mapping[str, Any]],
    done: Callable[[], None] = lambda: None,
    times_ms: Sequence[int] | None = None,
) -> list[Answered]:
    """One request a row, answers in the rows' order; calls `done` after each. Raises as `Endpoint.ask` does.

    `times_ms` are the rows' times in a local cloud that lives in virtual time, in milliseconds since 1970.
    """
    headers = [{}] * len(rows) if times_ms is None else [{HEADER: str(time_ms)} for time_ms in times_ms]

    def send_one(row: Mapping[str, Any], sent: Mapping[str, str]) -> Answered:
        answered = endpoint.ask([row], **sent)
        done()
        return answered

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(send_one, rows, headers))
