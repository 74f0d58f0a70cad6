"""Which path answers to what, and what is turned away before a row is looked at."""

import base64
from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from functions.ingest.settings import Settings
from tests.functions.ingest.client import PREDICTION_ID, Client, signed_event

BODY = f'{{"labels": [{{"prediction_id": "{PREDICTION_ID}", "label": true}}]}}'
LABELS = "/models/visitors/labels"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/", "/models/visitors", "/models/other/labels", "/v2", "/models/visitors/predict"])
def test_other_paths_are_not_found(client: Client, path: str) -> None:
    answer = client.send(signed_event("POST", path, BODY, JSON))
    assert (answer.status, list(answer.json)) == (404, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", LABELS, "POST"), ("PUT", "/models/visitors/observations", "POST"), ("POST", "/openapi.json", "GET")],
)
def test_other_methods_are_not_allowed(client: Client, method: str, path: str, allowed: str) -> None:
    answer = client.send(signed_event(method, path, BODY, JSON))
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("headers", [{"Content-Type": "text/csv"}, {**JSON, "Content-Encoding": "gzip"}])
def test_other_content_types_are_not_read(client: Client, headers: dict[str, str]) -> None:
    assert client.send(signed_event("POST", LABELS, BODY, headers)).status == 415


@pytest.mark.parametrize("headers", [JSON, {"content-type": "application/json; charset=utf-8"}, None])
def test_json_is_read_as_text_or_base64(client: Client, headers: dict[str, str] | None) -> None:
    assert client.send(signed_event("POST", LABELS, BODY, headers)).status == 200
    assert client.send(signed_event("POST", LABELS, BODY.encode(), headers)).status == 200


def test_a_body_over_4_mib_is_too_large(client: Client) -> None:
    def padded(size: int) -> str:
        return BODY + " " * (size - len(BODY))

    assert client.send(signed_event("POST", LABELS, padded(4_194_304), JSON)).status == 200
    answer = client.send(signed_event("POST", LABELS, padded(4_194_305), JSON))
    assert (answer.status, "at most 4194304" in answer.error) == (413, True)


@pytest.mark.parametrize("body", [None, "", base64.b64encode(b"x").decode()[1:]])
def test_a_missing_or_wrongly_encoded_body_is_malformed(client: Client, body: str | None) -> None:
    request = {**signed_event("POST", LABELS, body, JSON), "isBase64Encoded": body is not None}
    assert client.send(request).status == 400


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, {"requestContext": {"requestId": 1}}])
def test_what_is_no_event_of_the_gateways_is_malformed(client: Client, event: dict[str, Any]) -> None:
    assert client.send(event).status == 400


def test_the_model_is_found_behind_a_custom_domains_base_path(client: Client) -> None:
    request = signed_event("POST", f"/flights-api{LABELS}", BODY, JSON)
    request |= {"resource": "/models/{model}/labels", "pathParameters": {"model": "visitors"}}
    assert client.send(request).status == 200


def test_a_missing_setting_stops_the_start_with_its_name() -> None:
    names = ["MODEL", "REGISTRY_TABLE", "LABEL_STREAM", "OBSERVATION_STREAM", "AWS_REGION"]
    environment = {name: name.lower() for name in names}
    assert Settings.from_environment(environment).label_stream == "label_stream"
    for name in names:
        with pytest.raises(MisconfiguredError, match=name):
            Settings.from_environment({**environment, name: ""})
