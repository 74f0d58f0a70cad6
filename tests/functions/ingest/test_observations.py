"""Observations: predictions made elsewhere, in the words of predict's own."""

from typing import Any

import pytest

from functions.domain.prediction_id import predicted_at, prediction_id, request_id
from tests.functions.ingest.client import (
    GATEWAY_ID,
    HOUR,
    INPUTS,
    PREDICTED,
    SENDER,
    Client,
    error_of,
    observation,
)
from tests.functions.predict.client import TIME


def test_a_request_leaves_one_record_of_all_its_observations(client: Client) -> None:
    other = {**INPUTS, "income": 1_200, "visits": 4.0}
    rows = [observation(id="order-7"), observation(id="order-8", version="v8", inputs=other)]
    answer = client.observations(rows)
    assert (answer.status, answer.json) == (200, {"accepted": 2, "ids": ["order-7", "order-8"], "rejected": []})
    (record,) = client.observation_records
    assert record == {
        "v": 1,
        "model": "visitors",
        "request_id": request_id(GATEWAY_ID, TIME),
        "time": TIME,
        "sender": SENDER,
        "ids": ["order-7", "order-8"],
        "times": [PREDICTED, PREDICTED],
        "versions": ["v7", "v8"],
        "inputs": {name: [INPUTS[name], other[name]] for name in INPUTS},
        "predictions": ["true", "true"],
        "scores": [0.75, 0.75],
        "probabilities": [None, None],
        "flags": [],
    }
    assert type(record["inputs"]["visits"][1]) is int
    assert client.label_sink.lines == []


def test_an_observation_without_an_id_gets_one_that_says_its_own_time(client: Client) -> None:
    answer = client.observations([observation(time=PREDICTED - HOUR), observation(id=None), observation()])
    ids = answer.json["ids"]
    assert len(set(ids)) == 3
    assert [predicted_at(id) for id in ids] == [PREDICTED - HOUR, PREDICTED, PREDICTED]
    assert client.observation_records[0]["ids"] == ids
    labels = client.labels([{"prediction_id": id, "label": True} for id in ids])
    assert labels.json["accepted"] == 3, "a label needs no predicted_at then"


def test_a_label_names_an_observation_by_the_senders_id_and_its_time(client: Client) -> None:
    assert client.observations([observation(id="order-7")]).status == 200
    assert client.labels([{"prediction_id": "order-7", "label": True, "predicted_at": PREDICTED}]).status == 200


def test_what_is_unlike_the_training_data_is_flagged_since_it_has_happened_already(client: Client) -> None:
    unlike = observation(inputs={**INPUTS, "age": 130, "colour": "mauve"})
    assert client.observations([observation(), unlike]).json["accepted"] == 2
    assert client.observation_records[0]["flags"] == [[], ["out_of_range:age", "unknown_category:colour"]]


BAD_INPUTS = [
    ({"age": "x"}, "age: 'x' is not a number (FP32)"),
    ({"age": None}, "age: null is not allowed here; send a number"),
    ({"visits": 1.5}, "visits: 1.5 is not an integer (INT64)"),
    ({"colour": 1}, "colour: 1 is not text (BYTES)"),
    ({"member": 1}, "member: 1 is not true or false (BOOL)"),
    ({"embedding": [1, 2]}, "embedding: has 2 values, not 3"),
    ({"embedding": [1, "x", 2]}, "embedding[1]: 'x' is not a number (FP32)"),
    ({"shoe size": 45}, "inputs: 'shoe size' is no feature; /openapi.json lists them"),
    ({"age": "x", "visits": "y"}, "age: 'x' is not a number (FP32); visits: 'y' is not an integer (INT64)"),
]


@pytest.mark.parametrize(("changes", "told"), BAD_INPUTS)
def test_a_value_of_the_wrong_type_costs_its_row_alone(client: Client, changes: dict[str, Any], told: str) -> None:
    rows = [observation(id="a"), observation(id="b", inputs={**INPUTS, **changes}), observation(id="c")]
    answer = client.observations(rows)
    assert (answer.status, answer.json["ids"]) == (200, ["a", None, "c"])
    assert answer.json["rejected"][0]["row"] == 1
    assert told in error_of(answer)
    (record,) = client.observation_records
    assert record["ids"] == ["a", "c"]
    assert record["inputs"] == {name: [value] * 2 for name, value in INPUTS.items()}


def test_every_feature_is_needed(client: Client) -> None:
    for name in INPUTS:
        inputs = {key: value for key, value in INPUTS.items() if key != name}
        answer = client.observations([observation(inputs=inputs)])
        assert (answer.status, error_of(answer).partition(";")[0]) == (400, f"{name}: is missing")


BAD_ROWS: list[tuple[Any, str]] = [
    (7, "should be an object, not 7"),
    (observation(time=...), "time: is missing"),
    (observation(version=...), "version: is missing"),
    (observation(more=1), "unknown key 'more'"),
    (observation(time="2013-05-31"), "time: '2013-05-31' does not say its offset"),
    (observation(time=TIME + HOUR), "is in the future"),
    (observation(version=7), "version: 7 should be text"),
    (observation(id=7), "id: 7 should be text"),
    (observation(id=prediction_id(request_id(GATEWAY_ID, TIME), 0)), "id: is one of ours, made at another time"),
    (observation(inputs=[1]), "inputs: a list of 1 should be an object"),
    (observation(prediction=True), "prediction: should be an object, not true"),
    (observation(prediction={}), "prediction: label: is missing"),
    (observation(prediction={"label": "x"}), "prediction: label: 'x' is not true or false"),
    (observation(prediction={"label": True, "probability": 1.5}), "probability: 1.5 is not a number from 0 to 1"),
    (observation(prediction={"label": True, "probability": "1"}), "probability: '1' is not a number from 0 to 1"),
    (observation(prediction={"label": True, "probability": True}), "probability: true is not a number from 0 to 1"),
    (observation(prediction={"label": True, "probabilities": {}}), "prediction: unknown key 'probabilities'"),
]


@pytest.mark.parametrize(("row", "told"), BAD_ROWS)
def test_a_bad_row_is_named(client: Client, row: Any, told: str) -> None:
    answer = client.observations([observation(id="a"), row])
    assert (answer.status, answer.json["accepted"], answer.json["ids"]) == (200, 1, ["a", None])
    assert told in error_of(answer)


def test_an_id_is_taken_once_a_request(client: Client) -> None:
    answer = client.observations([observation(id="a"), observation(id="b"), observation(id="a")])
    assert answer.json["ids"] == ["a", "b", None]
    assert error_of(answer) == "id: row 0 has the same one; send each observation once"


def test_an_id_of_our_form_is_taken_where_it_says_the_same_time(client: Client) -> None:
    own = prediction_id(request_id(GATEWAY_ID, PREDICTED), 4)
    assert client.observations([observation(id=own)]).json["ids"] == [own]


def test_a_binary_prediction_may_be_without_its_probability(client: Client) -> None:
    predictions = [{"label": False}, {"label": False, "probability": None}, {"label": True, "probability": 1}]
    assert client.observations([observation(prediction=one) for one in predictions]).json["accepted"] == 3
    (record,) = client.observation_records
    assert (record["predictions"], record["scores"]) == (["false", "false", "true"], [None, None, 1.0])


def test_a_prediction_of_several_classes_has_the_labels_probability(multiclass: Client) -> None:
    chances = {"hot": 0.7, "mild": 0.2, "cold": 0.1}
    predictions = [
        {"label": "hot", "probabilities": chances},
        {"label": "hot", "probability": 0.7, "probabilities": chances},
        {"label": "hot", "probability": 0.7},
        {"label": "hot"},
    ]
    assert multiclass.observations([observation(prediction=one) for one in predictions]).json["accepted"] == 4
    (record,) = multiclass.observation_records
    assert record["predictions"] == ["hot"] * 4
    assert record["scores"] == [0.7, 0.7, 0.7, None]
    assert record["probabilities"] == [chances, chances, None, None]


@pytest.mark.parametrize(
    ("prediction", "told"),
    [
        ({"label": "hot", "probabilities": [0.5]}, "probabilities: a list of 1 should be an object, by class"),
        ({"label": "hot", "probabilities": {"cold": 1}}, "probabilities: the label 'hot' has none"),
        ({"label": "hot", "probabilities": {"hot": 0.5, "cold": 0.4}}, "probabilities: they add up to 0.9, not to 1"),
        ({"label": "hot", "probabilities": {"hot": 2}}, "probabilities, 'hot': 2 is not a number from 0 to 1"),
        (
            {"label": "hot", "probability": 0.1, "probabilities": {"hot": 1}},
            "probability: 0.1 is not that of the label",
        ),
    ],
)
def test_probabilities_that_contradict_themselves_are_turned_away(
    multiclass: Client, prediction: Any, told: str
) -> None:
    answer = multiclass.observations([observation(prediction=prediction)])
    assert answer.status == 400
    assert told in error_of(answer)


def test_a_regressions_prediction_is_its_value(regression: Client) -> None:
    rows = [observation("regression"), observation(prediction={"label": 3}), observation(prediction={"label": "3"})]
    assert regression.observations(rows).json["accepted"] == 2
    (record,) = regression.observation_records
    assert (record["predictions"], record["scores"]) == ([None, None], [12.5, 3.0])


def test_each_bad_row_among_many_is_found_in_whatever_column_it_is(client: Client) -> None:
    rows = [observation(id=str(number)) for number in range(1_000)]
    rows[10]["inputs"]["age"] = "x"
    rows[20]["inputs"]["embedding"] = None
    rows[30]["inputs"]["visits"] = 2**63
    answer = client.observations(rows)
    assert [rejected["row"] for rejected in answer.json["rejected"]] == [10, 20, 30]
    (record,) = client.observation_records
    assert record["ids"] == [str(number) for number in range(1_000) if number not in (10, 20, 30)]
    assert {len(values) for values in record["inputs"].values()} == {997}
