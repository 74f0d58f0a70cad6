import json
from typing import Any

import pytest

from tests.functions.predict.client import REQUEST_ID, Client, tensors
from tests.functions.predict.small_models import ROW


def test_answers_one_prediction_a_row_with_its_id(client: Client) -> None:
    answer = client.predict([ROW, {**ROW, "age": 20, "note": None}])
    assert answer.status == 200
    assert {key: answer.json[key] for key in ("model", "model_version", "release")} == {
        "model": "visitors",
        "model_version": 3,
        "release": 7,
    }
    first, second = answer.json["predictions"]
    assert (first["id"], second["id"]) == (f"{REQUEST_ID}-0", f"{REQUEST_ID}-1")
    assert first["label"] is (first["probability"] > 0.5)
    assert first["probability"] != second["probability"]
    assert first["flags"] == []
    assert set(first) == {"id", "label", "probability", "flags"}


def test_answers_the_same_as_the_protocol(client: Client) -> None:
    rows = [ROW, {**ROW, "age": 99.25, "colour": "red"}]
    by_rows = client.predict(rows).json["predictions"]
    outputs = {output["name"]: output["data"] for output in client.infer(tensors(rows)).json["outputs"]}
    assert [row["probability"] for row in by_rows] == outputs["probabilities"][1::2]
    assert [row["label"] for row in by_rows] == [bool(label) for label in outputs["label"]]
    by_rows_record, protocol_record = client.sink.records
    assert by_rows_record["inputs"] == protocol_record["inputs"]
    assert by_rows_record["outputs"] == protocol_record["outputs"]


def test_multiclass_also_answers_the_probability_of_each_class(multiclass: Client) -> None:
    prediction = multiclass.predict([ROW]).json["predictions"][0]
    chances = prediction["probabilities"]
    assert list(chances) == ["cold", "mild", "hot"]
    assert sum(chances.values()) == pytest.approx(1)
    assert prediction["label"] == max(chances, key=chances.get)
    assert prediction["probability"] == max(chances.values())


def test_regression_answers_a_number_and_no_probability(regression: Client) -> None:
    prediction = regression.predict([ROW]).json["predictions"][0]
    assert set(prediction) == {"id", "label", "flags"}
    assert prediction["label"] == pytest.approx(-0.534)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "should be {"),
        ({}, "should be {"),
        ("rows", "should be {"),
        ({"rows": {}}, "at least one row, not an object"),
        ({"rows": []}, "at least one row, not a list of 0"),
        ({"rows": [ROW], "row": 1}, "unknown key 'row'"),
        ({"rows": [ROW, 7]}, "row 1: should be an object, not 7"),
        ({"rows": [ROW, [1] * 9]}, "row 1: should be an object, not a list of 9"),
        ({"rows": [{k: v for k, v in ROW.items() if k != "age"}]}, "row 0, age: is missing"),
        ({"rows": [ROW, {**ROW, "agee": 1}]}, "row 1: 'agee' is no feature; the features are age, income"),
        ({"rows": [{"agee" if k == "age" else k: v for k, v in ROW.items()}]}, "row 0, age: is missing"),
    ],
)
def test_rows_that_are_not_the_features_are_rejected(client: Client, body: Any, told: str) -> None:
    answer = client.post("/models/visitors/predict", json.dumps(body))
    assert answer.status == 400
    assert told in answer.error
    assert client.sink.lines == []


def test_the_last_of_a_repeated_key_counts(client: Client) -> None:
    text = json.dumps({"rows": [ROW]}).replace('"age": 41.5', '"age": "x", "age": 30')
    assert client.post("/models/visitors/predict", text).status == 200
    assert client.sink.records[0]["inputs"]["age"] == [30]
