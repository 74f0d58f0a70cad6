"""Sends a history's rows and labels, each at its time, several requests at once, and remembers what was answered."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Literal, Protocol

from functions.domain.dataset import Dataset, json_values
from functions.domain.errors import InvalidRequestError, UnavailableError
from trimtab.endpoint import Endpoint
from trimtab.replay_timeline import Send, Timeline
from trimtab.request_bodies import Body, bodies
from trimtab.virtual_clock import HEADER

CLIENTS = 3  # requests under way at once
AHEAD = 32  # that may wait for a client
LABELS_A_REQUEST = 5_000
TRIES = 8  # of a request that a broken release may answer


class LabelsEndpoint(Protocol):
    """Where labels go: the model's own API, with signed requests."""

    def send(
        self, what: Literal["labels", "observations"], document: Mapping[str, Any], **headers: str
    ) -> dict[str, Any]: ...


class ReplayTraffic:
    """`send` hands over what is to be sent, in the order of time; `land` waits until all of it is answered.

    `ids` is by row: its prediction's id, None for a row that was not sent yet or was turned away. `errors` counts
    requests that ended in a server's error and were asked again, as a client would.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        labels: LabelsEndpoint,
        rows: Dataset,
        plan: Timeline,
        limits: tuple[int, int],
        done: Callable[[int], None] = lambda rows: None,
    ) -> None:
        """`limits` are the bytes and the rows that one request may have; `done` is told of each rows' answers."""
        self._endpoint, self._labels, self._rows, self._plan = endpoint, labels, rows, plan
        self._most_bytes, self._most_rows = limits
        self._done = done
        self._clients = ThreadPoolExecutor(CLIENTS, thread_name_prefix="client")
        self._under_way: deque[tuple[Send, Future[None]]] = deque()
        self._lock = Lock()
        self._values = json_values(rows.labels)
        self.ids: list[str | None] = [None] * len(rows)
        self.labels_sent = 0
        self.errors = 0
        self.refused: list[str] = []  # why, a row each

    def send(self, one: Send) -> None:
        """Send rows or labels as soon as a client is free; raises what an earlier sending ended in."""
        if one.what == "labels":
            self._wait_for(one.end)
        while len(self._under_way) >= AHEAD:
            self._land_first()
        work = self._send_rows if one.what == "rows" else self._send_labels
        self._under_way.append((one, self._clients.submit(work, one)))

    def land(self) -> None:
        """Wait until everything is answered; raises what a sending ended in."""
        while self._under_way:
            self._land_first()

    def close(self) -> None:
        """End the clients; what waits is not sent any more."""
        self._clients.shutdown(wait=True, cancel_futures=True)

    def labelled_between(self, start_ms: int, end_ms: int) -> Iterator[tuple[str, Any]]:
        """Id and true label of answered rows that were asked about in a span of time, where there is a label."""
        for row, id in enumerate(self.ids):
            if id is not None and self._values[row] is not None and start_ms <= self._plan.asked_ms[row] < end_ms:
                yield id, self._values[row]

    @property
    def rows_sent(self) -> int:
        """Rows that got an answer."""
        return sum(id is not None for id in self.ids)

    def _land_first(self) -> None:
        _, future = self._under_way.popleft()
        future.result()

    def _wait_for(self, row: int) -> None:
        """Labels name predictions: those of the rows before `row` must have been answered."""
        while any(one.what == "rows" and one.first < row for one, _ in self._under_way):
            self._land_first()

    def _send_rows(self, one: Send) -> None:
        first = one.first
        for body in bodies(
            "rows", self._rows.take(slice(one.first, one.end)).rows(), self._most_bytes, self._most_rows
        ):
            self._ask(body, first, one.time_ms)
            first += body.entries
        self._done(len(one))

    def _ask(self, body: Body, first: int, time_ms: int) -> None:
        """Have rows answered; where some are refused, the others are asked for again without them."""
        try:
            answer = self._answer(body, time_ms)
        except InvalidRequestError as error:
            if body.entries == 1:
                with self._lock:
                    self.refused.append(str(error))
                return
            for half in _halves(body, self._rows.take(slice(first, first + body.entries))):
                self._ask(half, first, time_ms)
                first += half.entries
            return
        self.ids[first : first + body.entries] = [prediction["id"] for prediction in answer["predictions"]]

    def _answer(self, body: Body, time_ms: int) -> dict[str, Any]:
        """The answer, asked for again where there is none: beside a broken release there may be another."""
        for _ in range(TRIES - 1):
            try:
                return self._endpoint.ask_encoded(body.data, **{HEADER: str(time_ms)}).answer
            except UnavailableError:
                with self._lock:
                    self.errors += 1
        return self._endpoint.ask_encoded(body.data, **{HEADER: str(time_ms)}).answer

    def _send_labels(self, one: Send) -> None:
        for body in self._label_documents(one):
            answer = self._labels.send("labels", {"labels": body}, **{HEADER: str(one.time_ms)})
            if answer["rejected"]:
                refused = answer["rejected"][0]
                raise UnavailableError(
                    f"the endpoint refused {len(answer['rejected'])} of {len(body)} labels: {refused['error']}"
                )
            with self._lock:
                self.labels_sent += len(body)

    def _label_documents(self, one: Send) -> Iterator[list[dict[str, Any]]]:
        """The known labels of answered rows, as the endpoint takes them."""
        known = [
            {
                "prediction_id": self.ids[row],
                "label": self._values[row],
                "observed_at": datetime.fromtimestamp(self._plan.known_ms[row] / 1000, UTC).isoformat(),
            }
            for row in range(one.first, one.end)
            if self.ids[row] is not None and self._values[row] is not None
        ]
        for first in range(0, len(known), LABELS_A_REQUEST):
            yield known[first : first + LABELS_A_REQUEST]


def _halves(body: Body, rows: Dataset) -> Iterator[Body]:
    middle = body.entries // 2
    for part in (rows.take(slice(0, middle)), rows.take(slice(middle, None))):
        yield from bodies("rows", part.rows(), len(body.data), body.entries)
