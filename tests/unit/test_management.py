"""The client of the management API: what it signs, what it sends again, and which error a status becomes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from functions.domain.errors import (
    AccessDeniedError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RequestTooLargeError,
    TrimtabError,
    UnavailableError,
    UnsupportedContentTypeError,
)
from functions.domain.names import LOCAL_ACCOUNT, Names
from tests.unit.test_signed_endpoint import Pool
from trimtab import management
from trimtab.local.credentials import Key
from trimtab.local.iam_auth import signed_by
from trimtab.management import MOST_TRIES, Management
from trimtab.stage import Stage

STAGE = Stage(Names("local", LOCAL_ACCOUNT, "us-east-1"), "http://127.0.0.1:5000")
ROOT = Key(LOCAL_ACCOUNT, "local", f"arn:aws:iam::{LOCAL_ACCOUNT}:root")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> Management:
    monkeypatch.setattr(management, "find_url", lambda stage: "http://127.0.0.1:8080/_platform")
    return Management(STAGE, pauses.append)


def answers(api: Management, *given: Any) -> Pool:
    pool = Pool(*given)
    api._pool = pool  # type: ignore[assignment]  # takes the calls that are made of it
    return pool


def test_every_request_is_signed_query_and_escaped_path_included(api: Management) -> None:
    pool = answers(api, (200, {"a": 1}, {}), (200, {"b": 2}, {}))
    path = "/models/flights/reports/2013-03-01T00%3A00%3A00Z"
    assert api.get(path, after="a b&c=/+", limit=3, rows=None) == {"a": 1}
    assert api.post("/models/flights/promote", if_match="m3") == {"b": 2}
    get, post = pool.sent
    assert get.raw_path == "/_platform" + path
    assert get.query == "after=a%20b%26c%3D%2F%2B&limit=3"
    assert (json.loads(post.body), post.header("if-match")) == ({}, "m3")
    for sent in (get, post):
        assert signed_by(sent, {LOCAL_ACCOUNT: ROOT}.get, datetime.now(UTC)) == ROOT


def test_pages_are_read_to_the_last(api: Management) -> None:
    first, second, third = ({"model": name} for name in ("flights", "tides", "waves"))
    pool = answers(
        api, (200, {"items": [first, second], "next": "x"}, {}), (200, {"items": [], "next": "y"}, {}),
        (200, {"items": [third], "next": None}, {}),
    )  # fmt: skip
    assert list(api.pages("/models", limit=2)) == [first, second, third]
    assert [sent.query for sent in pool.sent] == ["limit=2", "limit=2&after=x", "limit=2&after=y"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestError),
        (403, AccessDeniedError),
        (404, NotFoundError),
        (405, UnavailableError),
        (409, ConflictError),
        (413, RequestTooLargeError),
        (415, UnsupportedContentTypeError),
    ],
)
def test_a_status_becomes_the_error_it_stands_for_with_the_apis_text(
    api: Management, pauses: list[float], status: int, error: type[TrimtabError]
) -> None:
    answers(api, (status, {"error": "as it is"}, {}))
    with pytest.raises(error) as raised:
        api.post("/models/flights/promote")
    assert (type(raised.value), str(raised.value), pauses) == (error, "as it is", [])


def test_what_was_throttled_is_sent_again_as_late_as_it_says(api: Management, pauses: list[float]) -> None:
    answers(api, (429, {}, {"Retry-After": "3"}), (429, {}, {}), (200, {}, {}))
    assert api.post("/models/flights/promote") == {}
    assert pauses == [3, 0.4]


@pytest.mark.parametrize("fault", [(503, {"error": "not now"}, {}), urllib3.exceptions.ProtocolError("cut off")])
def test_a_question_that_broke_is_asked_again_and_a_command_is_not(
    api: Management, pauses: list[float], fault: Any
) -> None:
    pool = answers(api, *[fault] * MOST_TRIES)
    with pytest.raises(UnavailableError, match=r"not now|cut off"):
        api.get("/models")
    assert (len(pool.sent), len(pauses)) == (MOST_TRIES, MOST_TRIES - 1)
    pool = answers(api, fault)
    with pytest.raises(UnavailableError, match=r"not now|cut off"):
        api.post("/models/flights/promote")
    assert len(pool.sent) == 1
