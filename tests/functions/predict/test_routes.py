import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.functions.predict.client import Client, event, tensors
from tests.functions.predict.small_models import ROW

INFER = "/v2/models/visitors/infer"


def test_metadata_names_versions_inputs_and_outputs(client: Client) -> None:
    metadata = client.get("/v2/models/visitors").json
    assert {key: metadata[key] for key in ("name", "versions", "platform")} == {
        "name": "visitors",
        "versions": ["3"],
        "platform": "onnxruntime_onnx",
    }
    assert metadata["inputs"][0] == {"name": "age", "datatype": "FP32", "shape": [-1, 1]}
    assert metadata["inputs"][-1] == {"name": "embedding", "datatype": "FP32", "shape": [-1, 3]}
    assert metadata["outputs"][:2] == [
        {"name": "label", "datatype": "INT64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
    ]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2", {"name": "trimtab", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"live": True, "ready": True}),
        ("/v2/models/visitors/ready", {"name": "visitors", "ready": True}),
        ("/v2/models/visitors/versions/3/ready", {"name": "visitors", "ready": True}),
    ],
)
def test_health_and_server_calls_answer(client: Client, path: str, answer: Mapping[str, Any]) -> None:
    assert client.get(path).status == 200
    assert client.get(path).json == answer


def test_a_versioned_path_serves_that_version_only(client: Client) -> None:
    body = {"inputs": tensors([ROW])}
    assert client.post("/v2/models/visitors/versions/3/infer", body).json["model_version"] == "3"
    for path in ("infer", "ready"):
        refused = client.get(f"/v2/models/visitors/versions/2/{path}")
        assert refused.status == 404
        assert refused.error == "version '2' of 'visitors' is not served here; 3 is"
    assert client.get("/v2/models/visitors/versions/3").json == client.get("/v2/models/visitors").json


def test_a_path_with_parameters_is_read_as_the_gateway_gives_it(client: Client) -> None:
    gateways = event("GET", "/v2/models/visitors/versions/{version}", pathParameters={"version": "4"})
    assert client.send({**gateways, "path": "/below/a/custom/domain/v2/models/visitors/versions/4"}).status == 404
    assert client.send({**gateways, "pathParameters": {"version": "3"}}).status == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/v3", "/v2/", "/v2/models/other/infer", "/models/other/predict", "/v2/models/visitors/config", "\ud800"],
)
def test_any_other_path_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert "see /openapi.json" in answer.error


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", INFER, "POST"), ("POST", "/v2", "GET"), ("HEAD", "/v2", "GET"), ("X" * 999, "/openapi.json", "GET")],
)
def test_another_method_is_told_which_is_allowed(client: Client, method: str, path: str, allowed: str) -> None:
    answer = client.send(event(method, path))
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert f"use {allowed}" in answer.error


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content-Type": ""}, 200),
        ({"content-TYPE": "application/json"}, 200),
        ({"Content-Type": "Application/JSON; charset=UTF-8"}, 200),
        ({"Content-Type": 'application/json;charset="utf-8"'}, 200),
        ({"Content-Type": "application/json; charset=latin-1"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/octet-stream"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_only_json_is_read_and_what_has_no_type_is_taken_for_it(
    client: Client, headers: dict[str, str], status: int
) -> None:
    for path, body in ((INFER, {"inputs": tensors([ROW])}), ("/models/visitors/predict", {"rows": [ROW]})):
        answer = client.post(path, json.dumps(body), headers)
        assert answer.status == status
        if status == 415:
            assert "is not read" in answer.error or "is read by an infer call only" in answer.error


def test_a_body_over_the_limit_is_too_large_however_it_is_encoded(client: Client) -> None:
    limit = 1_048_576
    for body in ("x" * (limit + 1), b"x" * (limit + 1), "é" * (limit // 2 + 1), " " * (limit - 7) + "{}🙂🙂"):
        answer = client.post(INFER, body)
        assert answer.status == 413
        assert f"at most {limit} are allowed" in answer.error
    assert client.post(INFER, "x" * limit).status == 400


@pytest.mark.parametrize("body", ["=", "é", "AAAAA", "A", "\ud800"])
def test_what_is_not_base64_is_a_bad_request(client: Client, body: str) -> None:
    answer = client.send({**event("POST", INFER, body), "isBase64Encoded": True})
    assert answer.status == 400


@pytest.mark.parametrize("broken", [{}, {"requestContext": None}, {"requestContext": {"requestId": "r"}}])
def test_an_event_that_is_not_the_gateways_is_a_bad_request(client: Client, broken: dict[str, Any]) -> None:
    answer = client.send(broken)
    assert answer.status == 400
    assert "the event is not API Gateway's" in answer.error
