"""What is turned away is counted, by request and by feature."""

import json
from typing import Any

import pytest

from tests.functions.predict.client import TIME, Client, event, tensors
from tests.functions.predict.small_models import ROW


def counted(out: str) -> list[dict[str, Any]]:
    """The metrics of a log, each without its directive."""
    lines = [json.loads(line) for line in out.splitlines()]
    assert all(line["_aws"]["Timestamp"] == TIME for line in lines)
    return [{name: value for name, value in line.items() if name != "_aws"} for line in lines]


def test_wrong_values_are_counted_by_feature(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.predict([{**ROW, "age": -1}, {**ROW, "age": "x", "colour": "mauve"}, ROW]).status == 400
    assert counted(capsys.readouterr().out) == [
        {"model": "visitors", "RejectedRequests": 1},
        {"model": "visitors", "feature": "age", "RejectedValues": 2},
        {"model": "visitors", "feature": "colour", "RejectedValues": 1},
    ]


def test_missing_features_and_wrong_tensors_are_among_them(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.predict([{name: value for name, value in ROW.items() if name != "age"}]).status == 400
    inputs = [{**tensor, "datatype": "FP64"} if tensor["name"] == "visits" else tensor for tensor in tensors([ROW])]
    assert client.infer(inputs[1:]).status == 400
    assert counted(capsys.readouterr().out) == [
        {"model": "visitors", "RejectedRequests": 1},
        {"model": "visitors", "feature": "age", "RejectedValues": 1},
        {"model": "visitors", "RejectedRequests": 1},
        {"model": "visitors", "feature": "visits", "RejectedValues": 1},
        {"model": "visitors", "feature": "age", "RejectedValues": 1},
    ]


def test_a_vector_counts_as_the_feature_that_it_is(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.predict([{**ROW, "embedding": [0, "x", 2]}]).status == 400
    assert counted(capsys.readouterr().out)[1:] == [{"model": "visitors", "feature": "embedding", "RejectedValues": 2}]


def test_five_features_are_named_at_most(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.predict([{name: {} for name in ROW}]).status == 400
    assert len(counted(capsys.readouterr().out)) == 1 + 5


def test_malformed_requests_count_as_requests_alone(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    for body in (b"{", b"[]", b'{"rows": []}'):
        assert client.post("/models/visitors/predict", body).status == 400
    assert counted(capsys.readouterr().out) == [{"model": "visitors", "RejectedRequests": 1}] * 3


def test_what_is_answered_or_is_no_request_for_a_prediction_counts_as_nothing(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.predict([ROW]).status == 200
    assert client.get("/v2/models/other").status == 404
    assert client.post("/models/visitors/predict", b"{}", {"Content-Type": "text/csv"}).status == 415
    assert client.send({**event("POST", "/models/visitors/predict"), "requestContext": None}).status == 400
    assert capsys.readouterr() == ("", "")
