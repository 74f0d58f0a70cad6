"""How `roll_out` asks the gate, and what it makes of an answer that is none."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from functions.adapters.gate_call import GateCall, gate_client
from functions.domain.errors import UnavailableError
from functions.domain.rollout import begun
from tests.functions.roll_out.around import comparison

ROLLOUT = begun("flights", 3, 8, 5, 7, "gate", "ann", "2013-03-01T00:00:00Z", (0.1,), "so")
EVENT = {
    "action": "canary",
    "model": "flights",
    "time": "2013-03-02T00:00:00Z",
    "champion": 7,
    "challenger": 8,
    "since": "2013-03-01T00:00:00Z",
}


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[GateCall, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = gate_client()
    with Stubber(client) as stubber:
        yield GateCall(client, "trimtab-test-gate"), stubber


def answers(stubber: Stubber, body: bytes, **fields: Any) -> None:
    payload = StreamingBody(io.BytesIO(body), len(body))
    expected = {"FunctionName": "trimtab-test-gate", "Payload": json.dumps(EVENT).encode()}
    stubber.add_response("invoke", {"StatusCode": 200, "Payload": payload, **fields}, expected)


def test_the_gate_is_asked_about_both_releases_since_the_rollout_began(stub: tuple[GateCall, Stubber]) -> None:
    gate, stubber = stub
    answers(stubber, json.dumps(comparison(10, 5)).encode())
    assert gate.compare(ROLLOUT, EVENT["time"]) == comparison(10, 5)  # type: ignore[arg-type]


def test_that_event_is_one_that_the_gate_understands() -> None:
    from functions.gate.request import CanaryRequest

    request = CanaryRequest.from_event(EVENT)
    assert (request.model, request.champion, request.challenger) == ("flights", 7, 8)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"error": "no such release"}', {}),
        (b'{"errorMessage": "out of memory"}', {"FunctionError": "Unhandled"}),
        (b"[]", {}),
        (b"\xff", {}),
    ],
)
def test_a_gate_that_fails_or_refuses_gives_no_evidence(
    stub: tuple[GateCall, Stubber], body: bytes, fields: dict[str, Any]
) -> None:
    gate, stubber = stub
    answers(stubber, body, **fields)
    with pytest.raises(UnavailableError, match="trimtab-test-gate could not compare releases of flights"):
        gate.compare(ROLLOUT, "2013-03-02T00:00:00Z")
