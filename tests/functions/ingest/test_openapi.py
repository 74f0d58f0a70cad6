"""The document of a model that is hosted elsewhere."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.domain.contract import Task
from tests.functions.ingest.client import INPUTS, PREDICTION_ID, Client, config_for, observation, signed_event

TASKS: list[Task] = ["binary", "multiclass", "regression"]
LABELS: dict[Task, Any] = {"binary": True, "multiclass": "hot", "regression": 1.5}


def document(client: Client) -> Any:
    answer = client.send(signed_event("GET", "/openapi.json"))
    assert answer.status == 200
    return answer.json


def schema(described: Any, name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": described["components"]})


def test_every_call_of_the_document_is_answered_and_no_other(client: Client) -> None:
    described = document(client)
    assert described["security"] == [{"signature": []}]
    assert described["components"]["securitySchemes"]["signature"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert list(described["paths"]) == [*("/models/visitors/labels", "/models/visitors/observations", "/openapi.json")]
    for path, item in described["paths"].items():
        for method in item:
            assert client.send(signed_event(method.upper(), path, "{}")).status == (200 if method == "get" else 400)


@pytest.mark.parametrize("task", TASKS)
def test_requests_and_answers_are_as_it_says(task: Task) -> None:
    client = Client(config_for(task))
    described = document(client)
    labels = [
        {"prediction_id": PREDICTION_ID, "label": LABELS[task]},
        {"prediction_id": "7", "label": LABELS[task], "predicted_at": "2013-05-31T12:00:00Z", "observed_at": None},
    ]
    schema(described, "LabelsRequest").validate({"labels": labels})
    schema(described, "LabelsResponse").validate(client.labels([*labels, {}]).json)
    observations = [observation(task), observation(task, id="7", time="2013-05-31T12:00:00Z")]
    schema(described, "ObservationsRequest").validate({"observations": observations})
    schema(described, "ObservationsResponse").validate(client.observations([*observations, {}]).json)
    schema(described, "Error").validate(client.labels([{}]).json)
    schema(described, "Error").validate(client.labels([]).json)


def test_inputs_are_those_that_can_be_flagged(client: Client) -> None:
    observations = schema(document(client), "ObservationsRequest")
    assert observations.is_valid({"observations": [observation(inputs={**INPUTS, "age": -1, "colour": "mauve"})]})
    assert not observations.is_valid({"observations": [observation(inputs={**INPUTS, "age": "x"})]})
    assert not observations.is_valid({"observations": [observation(inputs={**INPUTS, "more": 1})]})


def test_its_examples_are_taken(client: Client) -> None:
    inputs = document(client)["components"]["schemas"]["Observation"]["properties"]["inputs"]["examples"][0]
    assert client.observations([observation(inputs=inputs)]).status == 200
