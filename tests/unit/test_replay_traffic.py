"""A history is sent as it happened: a row asked about once, a label under its prediction, bad rows set aside."""

import json
from collections.abc import Mapping
from datetime import timedelta
from threading import Lock
from time import sleep
from typing import Any, Literal, cast

import numpy as np
import pytest

from functions.domain.contract import Feature
from functions.domain.dataset import Dataset
from functions.domain.errors import InvalidRequestError, UnavailableError
from trimtab.endpoint import Answered, Endpoint
from trimtab.replay_timeline import HOUR_MS, timeline
from trimtab.replay_traffic import TRIES, ReplayTraffic

ROWS = 200
START = np.datetime64("2024-01-01T00:00:00", "us")


class FakeEndpoint:
    """Answers late, refuses requests with a negative amount in them, and remembers what came when."""

    def __init__(self) -> None:
        self.answered: dict[str, tuple[float, int]] = {}  # id -> amount, time
        self.requests: list[int] = []
        self._lock = Lock()

    def ask_encoded(self, body: bytes, **headers: str) -> Answered:
        amounts = [row["amount"] for row in json.loads(body)["rows"]]
        sleep(0.001 * (len(body) % 3))
        if any(amount < 0 for amount in amounts):
            raise InvalidRequestError(f"row {[amount < 0 for amount in amounts].index(True)}, amount: out of range")
        with self._lock:
            self.requests.append(len(amounts))
            ids = [f"id-{amount:g}" for amount in amounts]
            assert not self.answered.keys() & set(ids)
            self.answered |= {
                id: (amount, int(headers["X-Trimtab-Time"])) for id, amount in zip(ids, amounts, strict=True)
            }
        return Answered({"predictions": [{"id": id} for id in ids]}, 0.0, 0)


class FakeLabels:
    def __init__(self, endpoint: FakeEndpoint, refuse: bool = False) -> None:
        self._endpoint, self._refuse = endpoint, refuse
        self.sent: dict[str, tuple[Any, str, int]] = {}

    def send(
        self, what: Literal["labels", "observations"], document: Mapping[str, Any], **headers: str
    ) -> dict[str, Any]:
        assert what == "labels"
        if self._refuse:
            return {"accepted": 0, "rejected": [{"row": 0, "error": "no such class"}]}
        for label in document["labels"]:
            assert label["prediction_id"] in self._endpoint.answered
            assert label["prediction_id"] not in self.sent
            self.sent[label["prediction_id"]] = (label["label"], label["observed_at"], int(headers["X-Trimtab-Time"]))
        return {"accepted": len(document["labels"]), "rejected": []}


def dataset(amounts: list[float], labels: list[bool | None]) -> Dataset:
    known = np.empty(len(labels), dtype=object)
    known[:] = labels
    times = START + np.arange(len(amounts)) * np.timedelta64(1, "m")
    return Dataset((Feature("amount", "float32"),), {"amount": np.array(amounts)}, known, times)


def lived(rows: Dataset, labels: FakeLabels, endpoint: FakeEndpoint, most_bytes: int = 10_000) -> ReplayTraffic:
    assert rows.time is not None
    plan = timeline(rows.time, timedelta(hours=1), max_rows=50)
    traffic = ReplayTraffic(cast(Endpoint, endpoint), labels, rows, plan, (most_bytes, 50))
    try:
        for send in plan:
            traffic.send(send)
        traffic.land()
    finally:
        traffic.close()
    return traffic


def test_each_row_is_answered_once_at_its_time_and_each_label_names_it() -> None:
    labels: list[bool | None] = [None if row % 10 == 0 else row % 2 == 0 for row in range(ROWS)]
    rows, endpoint = dataset([float(row) for row in range(ROWS)], labels), FakeEndpoint()
    known = FakeLabels(endpoint)

    traffic = lived(rows, known, endpoint)

    start_ms = int(START.astype("datetime64[ms]").astype(int))
    assert traffic.rows_sent == len(endpoint.answered) == ROWS
    assert traffic.labels_sent == len(known.sent) == ROWS - ROWS // 10
    for row in range(ROWS):
        amount, asked_ms = endpoint.answered[traffic.ids[row] or ""]
        assert amount == row
        assert 0 <= asked_ms - (start_ms + row * 60_000) < 15 * 60_000
        if labels[row] is not None:
            label, observed_at, sent_ms = known.sent[traffic.ids[row] or ""]
            assert label == labels[row]
            assert np.datetime64(observed_at.removesuffix("+00:00")) == np.datetime64(asked_ms + HOUR_MS, "ms")
            assert sent_ms == ((asked_ms + HOUR_MS) // HOUR_MS + 1) * HOUR_MS


def test_a_bad_row_is_set_aside_with_its_reason_and_the_others_are_answered() -> None:
    amounts = [float(row) for row in range(60)]
    for bad in (3, 17, 18, 59):
        amounts[bad] = -amounts[bad]
    rows, endpoint = dataset(amounts, [True] * 60), FakeEndpoint()
    known = FakeLabels(endpoint)

    traffic = lived(rows, known, endpoint)

    assert [row for row, id in enumerate(traffic.ids) if id is None] == [3, 17, 18, 59]
    assert traffic.rows_sent == 56
    assert traffic.labels_sent == len(known.sent) == 56
    assert len(traffic.refused) == 4
    assert all("out of range" in reason for reason in traffic.refused)


def test_requests_hold_no_more_than_the_body_limit() -> None:
    rows, endpoint = dataset([float(row) for row in range(60)], [None] * 60), FakeEndpoint()
    lived(rows, FakeLabels(endpoint), endpoint, most_bytes=60)
    assert max(endpoint.requests) <= 3
    assert sum(endpoint.requests) == 60


def test_a_refused_label_ends_the_replay_with_its_reason() -> None:
    rows, endpoint = dataset([1.0], [True]), FakeEndpoint()
    with pytest.raises(UnavailableError, match="refused 1 of 1 labels: no such class"):
        lived(rows, FakeLabels(endpoint, refuse=True), endpoint)


class Flaky(FakeEndpoint):
    """Fails every third request, as a broken release with a share of the traffic does."""

    def __init__(self, always: bool = False) -> None:
        super().__init__()
        self.asked, self._always = 0, always

    def ask_encoded(self, body: bytes, **headers: str) -> Answered:
        with self._lock:
            self.asked += 1
            fails = self._always or self.asked % 3 == 0
        if fails:
            raise UnavailableError("Internal server error (HTTP 502)")
        return super().ask_encoded(body, **headers)


def test_what_a_broken_release_answers_is_asked_again() -> None:
    rows, endpoint = dataset([float(number) for number in range(60)], [True] * 60), Flaky()
    traffic = lived(rows, FakeLabels(endpoint), endpoint, most_bytes=60)
    assert traffic.rows_sent == 60
    assert traffic.errors == endpoint.asked - len(endpoint.requests) > 0


def test_an_endpoint_that_answers_nothing_ends_the_replay() -> None:
    rows, endpoint = dataset([1.0], [True]), Flaky(always=True)
    with pytest.raises(UnavailableError, match="502"):
        lived(rows, FakeLabels(endpoint), endpoint)
    assert endpoint.asked == TRIES
