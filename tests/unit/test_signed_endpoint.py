"""Signed requests to a model's endpoint: whom they are signed by, and what becomes of a busy endpoint."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from functions.domain.errors import InvalidRequestError, UnavailableError
from functions.domain.names import Names
from trimtab import signed_endpoint
from trimtab.endpoint import Endpoint
from trimtab.local.credentials import Key
from trimtab.local.http_message import Request
from trimtab.local.iam_auth import signed_by
from trimtab.signed_endpoint import MOST_TRIES, SignedEndpoint
from trimtab.stage import Stage

ACCOUNT = "123456789012"
URL = "http://127.0.0.1:8080/tides"
TAKEN = {"accepted": 1, "rejected": []}
LABELS = {"labels": [{"prediction_id": "é", "label": True}]}


class Pool:
    """Answers in turn with status and body, or fails; keeps what it was sent."""

    def __init__(self, *answers: tuple[int, Any, dict[str, str]] | urllib3.exceptions.HTTPError) -> None:
        self._answers = iter(answers)
        self.sent: list[Request] = []

    def request(self, method: str, url: str, *, body: bytes | None, headers: dict[str, str]) -> urllib3.HTTPResponse:
        where = urllib3.util.parse_url(url)
        listed = [*headers.items(), ("host", f"{where.host}:{where.port}")]
        self.sent.append(Request(method, where.request_uri, listed, body or b""))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        status, document, others = answer
        return urllib3.HTTPResponse(json.dumps(document).encode(), others, status=status)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> SignedEndpoint:
    monkeypatch.setattr(signed_endpoint, "find_endpoint", lambda stage, model: Endpoint(model, URL, None))
    stage = Stage(Names("local", ACCOUNT, "us-east-1"), "http://127.0.0.1:5000")
    return SignedEndpoint(stage, "tides", pauses.append)


def answers(endpoint: SignedEndpoint, *given: Any) -> Pool:
    pool = Pool(*given)
    endpoint._pool = pool  # type: ignore[assignment]  # takes the calls that are made of it
    return pool


def test_a_request_is_signed_by_the_account_and_other_headers_go_along_unsigned(endpoint: SignedEndpoint) -> None:
    pool = answers(endpoint, (200, TAKEN, {}))
    assert endpoint.send("labels", LABELS, **{"X-Trimtab-Time": "1"}) == TAKEN
    (sent,) = pool.sent
    assert (sent.method, sent.raw_path) == ("POST", "/tides/models/tides/labels")
    assert json.loads(sent.body) == LABELS
    assert sent.header("x-trimtab-time") == "1"
    sent.headers = [(name, value) for name, value in sent.headers if name.lower() != "x-trimtab-time"]
    key = Key(ACCOUNT, "local", "arn:aws:iam::123456789012:root")
    assert signed_by(sent, {ACCOUNT: key}.get, datetime.now(UTC)) == key


def test_a_busy_endpoint_is_asked_again_as_late_as_it_says(endpoint: SignedEndpoint, pauses: list[float]) -> None:
    broken = urllib3.exceptions.ProtocolError("cut off")
    answers(endpoint, (429, {}, {"Retry-After": "3"}), (503, {}, {}), broken, (502, {}, {}), (200, TAKEN, {}))
    assert endpoint.send("observations", {"observations": []}) == TAKEN
    assert pauses == [3, 0.4, 0.8, 1.6]


@pytest.mark.parametrize("fault", [(503, {"error": "not now"}, {}), urllib3.exceptions.ProtocolError("cut off")])
def test_it_is_given_up_after_some_tries(endpoint: SignedEndpoint, pauses: list[float], fault: Any) -> None:
    pool = answers(endpoint, *[fault] * MOST_TRIES)
    with pytest.raises(UnavailableError, match=r"not now|cut off"):
        endpoint.send("labels", LABELS)
    assert len(pool.sent) == MOST_TRIES
    assert len(pauses) == MOST_TRIES - 1


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_is_refused_is_not_sent_again(endpoint: SignedEndpoint, pauses: list[float], status: int) -> None:
    answers(endpoint, (status, {"error": "row 0: label: is missing"}, {}))
    with pytest.raises(InvalidRequestError, match="label: is missing"):
        endpoint.send("labels", LABELS)
    assert pauses == []
