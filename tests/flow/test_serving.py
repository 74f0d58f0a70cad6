"""What a client of a deployed model sees, over HTTP. Runs against the local cloud, or with --stage a stage in AWS."""

import json
from typing import Any

import pytest

from trimtab.deploy import Deployment, deploy
from trimtab.endpoint import Endpoint
from trimtab.project import Project
from trimtab.stage import Stage
from trimtab.training import example_row

PREDICT = "/models/flights/predict"


@pytest.fixture(scope="module")
def row(project: Project) -> dict[str, Any]:
    return example_row(project.artifact("flights"))


def error_of(endpoint: Endpoint, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    answer = endpoint.call(method, path, body, **headers)
    return answer.status, json.loads(answer.data)["error"]


def test_named_rows_are_answered_with_the_release_that_answered(
    flights: Endpoint, deployment: Deployment, row: dict[str, Any]
) -> None:
    answer = flights.predict([row, row])

    assert (answer["model"], answer["model_version"], answer["release"]) == (
        "flights",
        deployment.model_version,
        deployment.release,
    )
    first, second = answer["predictions"]
    assert first["probability"] == second["probability"]
    assert first["id"].endswith("-0")
    assert second["id"].endswith("-1")


def test_the_answer_is_what_training_recorded_for_the_row(flights: Endpoint, project: Project) -> None:
    witness = json.loads((project.artifact("flights") / "witness.json").read_text())
    contract = json.loads((project.artifact("flights") / "contract.json").read_text())

    answered = [p["probability"] for p in flights.predict(witness["rows"])["predictions"]]

    column = contract["classes"].index(contract["positive"])
    recorded = [row[column] for row in witness["outputs"][contract["probability_output"]]]
    assert answered == pytest.approx(recorded, abs=1e-6)


def test_the_open_inference_protocol_gives_the_same_answer(flights: Endpoint, row: dict[str, Any]) -> None:
    metadata = flights.get("/v2/models/flights")
    inputs = [
        {"name": i["name"], "datatype": i["datatype"], "shape": [1, 1], "data": [row[i["name"]]]}
        for i in metadata["inputs"]
    ]
    answer = flights.call("POST", "/v2/models/flights/infer", json.dumps({"inputs": inputs}).encode())

    outputs = {output["name"]: output["data"] for output in json.loads(answer.data)["outputs"]}
    assert flights.predict([row])["predictions"][0]["probability"] in outputs["probability"]


@pytest.mark.parametrize("path", ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/flights/ready"])
def test_health_and_metadata_answer(flights: Endpoint, path: str) -> None:
    assert flights.call("GET", path).status == 200


def test_the_openapi_document_is_public(flights: Endpoint) -> None:
    assert Endpoint("flights", flights.url, None).get("/openapi.json")["openapi"].startswith("3.")


def test_without_a_key_nothing_is_served(flights: Endpoint, row: dict[str, Any]) -> None:
    stranger = Endpoint("flights", flights.url, "a-key-that-is-none-of-ours")
    assert error_of(stranger, "POST", PREDICT, json.dumps({"rows": [row]}).encode())[0] == 403


def test_an_unknown_path_is_refused_as_json(flights: Endpoint) -> None:
    assert error_of(flights, "GET", "/nowhere")[0] in (403, 404)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"distance": "far"}, "distance"),
        ({"distance": None}, "distance"),
        ({"weekday": 9}, "weekday"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_row_is_refused_by_row_and_feature(
    flights: Endpoint, row: dict[str, Any], change: dict[str, Any], says: str
) -> None:
    status, error = error_of(flights, "POST", PREDICT, json.dumps({"rows": [row, {**row, **change}]}).encode())
    assert status == 400
    assert "row 1" in error
    assert says in error


def test_an_unknown_airline_is_flagged_not_refused(flights: Endpoint, row: dict[str, Any]) -> None:
    prediction = flights.predict([{**row, "carrier": "ZZ"}])["predictions"][0]
    assert prediction["flags"] == ["unknown_category:carrier"]


def test_a_body_of_another_content_type_is_refused(flights: Endpoint) -> None:
    assert error_of(flights, "POST", PREDICT, b"a=1", **{"Content-Type": "text/plain"})[0] == 415


def test_a_body_over_the_models_limit_is_refused(flights: Endpoint) -> None:
    status, error = error_of(flights, "POST", PREDICT, b" " * 1_100_000 + b"{}")
    assert status == 413
    assert "1048576" in error.replace(",", "").replace("_", "")


def test_a_body_over_the_gateways_limit_is_refused(flights: Endpoint) -> None:
    assert error_of(flights, "POST", PREDICT, b" " * 10_500_000)[0] == 413


def test_deploying_again_with_nothing_changed_does_nothing(
    stage: Stage, deployment: Deployment, project: Project
) -> None:
    again = deploy(stage, "flights", project.artifact("flights"))
    assert not again.changed
    assert again.release == deployment.release
