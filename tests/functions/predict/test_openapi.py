import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.domain.contract import Guard
from tests.functions.predict.client import Client, client_for, settings_for, tensors
from tests.functions.predict.small_models import FEATURES, ROW, write_model

INGESTS = ("/labels", "/observations")  # they are described together, since clients see one API


def schema(document: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


@pytest.fixture
def document(client: Client) -> Any:
    return client.get("/openapi.json").json


def test_every_call_of_the_document_is_answered_and_no_other(client: Client, document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    ours = {path: item for path, item in document["paths"].items() if not path.endswith(INGESTS)}
    for path, item in ours.items():
        for method in item.keys() - {"parameters"}:
            answer = client.post(path, b"{}") if method == "post" else client.get(path.replace("{version}", "3"))
            assert answer.status == (200 if method == "get" else 404 if "{version}" in path else 400)
    assert {path.split("/")[-1] for path in ours} == {
        *("v2", "live", "ready", "visitors", "infer", "predict", "{version}", "openapi.json")
    }


def test_all_references_lead_somewhere(document: Any) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if "$ref" in value else []
            return here + [found for inner in value.values() for found in references(inner)]
        return [found for inner in value for found in references(inner)] if isinstance(value, list) else []

    for reference in set(references(document)):
        target = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_rows_are_described_by_the_contract(document: Any) -> None:
    row = document["components"]["schemas"]["Row"]
    assert row["required"] == [feature.name for feature in FEATURES]
    properties = row["properties"]
    assert properties["age"] == {"type": "number", "format": "float", "minimum": 0, "maximum": 120}
    assert properties["visits"] == {"type": "integer", "format": "int64", "minimum": 0, "maximum": 1000}
    assert properties["level"]["enum"] == [1, 2, 3]
    assert properties["note"]["type"] == ["string", "null"]
    assert (properties["embedding"]["minItems"], properties["embedding"]["maxItems"]) == (3, 3)
    assert document["components"]["schemas"]["PredictRequest"]["properties"]["rows"]["maxItems"] == 500


def test_its_examples_are_answered(client: Client, document: Any) -> None:
    schemas = document["components"]["schemas"]
    row, request = schemas["Row"]["examples"][0], schemas["InferRequest"]["examples"][0]
    assert client.predict([row]).status == 200
    assert client.infer(**request).status == 200
    schema(document, "Row").validate(row)
    schema(document, "InferRequest").validate(request)


def test_what_the_guard_only_flags_the_schema_allows(tmp_path: Path) -> None:
    write_model(tmp_path, guard=Guard(out_of_range="flag", unknown_category="flag"))
    document = client_for(settings_for(tmp_path)).get("/openapi.json").json
    row = schema(document, "Row")
    assert row.is_valid({**ROW, "age": -1, "colour": "mauve", "level": 9})
    assert not row.is_valid({**ROW, "age": 1e39})
    assert not row.is_valid({**ROW, "serial": 2**63})


def test_labels_and_observations_are_described_and_ask_for_a_signature(document: Any) -> None:
    calls = [item["post"] for path, item in document["paths"].items() if path.endswith(INGESTS)]
    assert [call["security"] for call in calls] == [[{"signature": []}]] * 2
    assert schema(document, "LabelsRequest").is_valid({"labels": [{"prediction_id": "1", "label": True}]})
    assert not schema(document, "LabelsRequest").is_valid({"labels": [{"prediction_id": "1", "label": 1}]})


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_answers_are_as_it_says(tmp_path: Path, task: Any) -> None:
    write_model(tmp_path, task)
    client = client_for(settings_for(tmp_path))
    document = client.get("/openapi.json").json
    rows, inputs = [ROW, {**ROW, "note": None}], tensors([ROW])
    schema(document, "PredictRequest").validate({"rows": rows})
    schema(document, "PredictResponse").validate(client.predict(rows).json)
    schema(document, "InferRequest").validate({"inputs": inputs})
    schema(document, "InferResponse").validate(client.infer(inputs, id="1").json)
    schema(document, "Error").validate(client.predict([]).json)
    for path, name in (
        ("/v2", "ServerMetadata"),
        ("/v2/health/live", "Live"),
        ("/v2/health/ready", "Ready"),
        ("/v2/models/visitors", "ModelMetadata"),
        ("/v2/models/visitors/ready", "ModelReady"),
    ):
        schema(document, name).validate(client.get(path).json)


def test_the_version_of_the_server_is_the_projects() -> None:
    import tomllib

    from functions.predict.release import SERVER_VERSION

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == SERVER_VERSION


def test_the_document_is_the_same_each_time(client: Client) -> None:
    first, second = client.get("/openapi.json").body, client.get("/openapi.json").body
    assert first == second
    assert json.loads(first)["info"]["title"] == "Trimtab: visitors"
