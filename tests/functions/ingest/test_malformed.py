"""Whatever is sent, the answer is JSON and in order: no 5xx, no traceback, and what is counted is what is stored."""

import base64
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.domain.contract import Task
from tests.functions.ingest.client import PREDICTED, PREDICTION_ID, Client, config_for, observation, signed_event
from tests.functions.predict.client import Answer
from tests.functions.predict.test_malformed import RAW_NUMBERS, mutated

SOME = {"mutated": 8_000, "raw": 2_000}
LABELS, OBSERVATIONS = "/models/visitors/labels", "/models/visitors/observations"
JSON = {"Content-Type": "application/json"}
TASKS: list[Task] = ["binary", "multiclass", "regression"]
TRUE: dict[Task, Any] = {"binary": True, "multiclass": "hot", "regression": 1.5}


def sound(task: Task) -> list[tuple[str, dict[str, Any]]]:
    """Requests that are as they should be."""
    labels = [
        {"prediction_id": PREDICTION_ID, "label": TRUE[task], "observed_at": "2013-06-01T11:30:00Z"},
        {"prediction_id": "order-7", "label": TRUE[task], "predicted_at": PREDICTED},
    ]
    observations = [observation(task, id="order-7"), observation(task), observation(task, time="2013-05-31T12:00:00Z")]
    return [(LABELS, {"labels": labels}), (OBSERVATIONS, {"observations": observations})]


def check(client: Client, request: dict[str, Any]) -> Answer:
    """Send an event, and hold the answer and the log to what is promised."""
    client.label_sink.lines.clear()
    client.observation_sink.lines.clear()
    answer = client.send(request)
    assert answer.status in (200, 400, 404, 405, 413, 415), answer
    assert answer.headers["Content-Type"] == "application/json"
    stored = sum(len(record["labels"]) for record in client.label_records)
    stored += sum(len(record["ids"]) for record in client.observation_records)
    assert stored == answer.json.get("accepted", 0)
    assert (stored > 0) == (answer.status == 200)
    if answer.status != 200:
        assert 0 < len(answer.error) < 5_000
    text = answer.body.decode()
    assert "Traceback" not in text
    assert 'File \\"' not in text
    return answer


@pytest.fixture(scope="module")
def clients() -> dict[Task, Client]:
    return {task: Client(config_for(task)) for task in TASKS}


def test_mutated_requests_are_answered_in_order(clients: dict[Task, Client]) -> None:
    statuses: Counter[int] = Counter()
    partly = 0
    ways = [
        st.tuples(st.just(task), st.just(path), mutated(document)) for task in TASKS for path, document in sound(task)
    ]

    @settings(max_examples=SOME["mutated"], database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(ways), st.sampled_from([*RAW_NUMBERS, *[None] * 36]))
    def fuzz(request: tuple[Task, str, Any], raw: str | None) -> None:
        nonlocal partly
        task, path, document = request
        text = json.dumps(document)
        if raw is not None:  # what no JSON library would write
            text = text.replace(str(PREDICTED), raw, 1).replace("41.5", raw, 1)
        answer = check(clients[task], signed_event("POST", path, text.encode(), JSON))
        statuses[answer.status] += 1
        partly += answer.status == 200 and bool(answer.json["rejected"])

    fuzz()
    assert statuses.total() >= SOME["mutated"]
    assert min(statuses[200], statuses[400], partly) > 50, "some changes break nothing, some a row, some all"


def test_mutilated_bodies_are_answered_in_order(clients: dict[Task, Client]) -> None:
    statuses: Counter[int] = Counter()
    bodies = [json.dumps(document).encode() for _, document in sound("binary")]
    types = st.sampled_from(["application/json", "application/octet-stream", "text/plain", "a/b; charset=\xff", ";;"])

    @settings(max_examples=SOME["raw"], database=None, suppress_health_check=list(HealthCheck))
    @given(
        path=st.sampled_from([LABELS, OBSERVATIONS, f"{LABELS}/", "/models/visitors/predict"]),
        method=st.sampled_from(["POST", "POST", "POST", "POST", "GET", "PATCH", ""]),
        body=st.sampled_from(bodies) | st.binary(max_size=60),
        cut=st.integers(0, 900),
        splice=st.binary(max_size=6),
        headers=st.fixed_dictionaries({}, optional={"Content-Type": types, "X-Other": st.text()}),
        encoding=st.sampled_from(["base64", "base64", "text", "broken"]),
    )
    def fuzz(
        path: str, method: str, body: bytes, cut: int, splice: bytes, headers: dict[str, str], encoding: str
    ) -> None:
        body = body[:cut] + splice + body[cut + len(splice) :]
        request = signed_event(method, path, body, headers)
        if encoding == "text":
            request |= {"body": body.decode("utf-8", "surrogateescape"), "isBase64Encoded": False}
        elif encoding == "broken":
            request["body"] = base64.b64encode(body).decode()[1:] + "="
        statuses[check(clients["binary"], request).status] += 1

    fuzz()
    assert min(statuses[status] for status in (400, 404, 405, 415)) > 50
