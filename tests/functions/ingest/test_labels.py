"""Labels: what is taken, what is turned away row by row, and what is stored of it."""

from typing import Any

import pytest

from functions.domain.prediction_id import prediction_id, request_id
from tests.functions.ingest.client import (
    GATEWAY_ID,
    HOUR,
    PREDICTED,
    PREDICTION_ID,
    SENDER,
    Client,
    config_for,
    error_of,
)
from tests.functions.predict.client import TIME

LABEL = {"prediction_id": PREDICTION_ID, "label": True}


def test_a_request_leaves_one_record_of_all_its_labels(client: Client) -> None:
    rows = [
        {**LABEL, "observed_at": "2013-06-01T13:30:00+02:00"},
        {"prediction_id": "order-7", "label": False, "predicted_at": PREDICTED, "observed_at": TIME - HOUR},
    ]
    answer = client.labels(rows)
    assert (answer.status, answer.json) == (200, {"accepted": 2, "rejected": []})
    (record,) = client.label_records
    assert record == {
        "v": 1,
        "model": "visitors",
        "request_id": request_id(GATEWAY_ID, TIME),
        "time": TIME,
        "sender": SENDER,
        "prediction_ids": [PREDICTION_ID, "order-7"],
        "labels": [True, False],
        "observed_at": [1_370_086_200_000, TIME - HOUR],
        "predicted_at": [None, PREDICTED],
    }
    assert client.observation_sink.lines == []


def test_a_label_that_does_not_say_when_it_was_known_was_known_when_it_arrived(client: Client) -> None:
    assert client.labels([LABEL, {**LABEL, "observed_at": None, "predicted_at": None}]).status == 200
    assert client.label_records[0]["observed_at"] == [TIME, TIME]


def test_the_same_prediction_may_be_labelled_twice_and_otherwise(client: Client) -> None:
    assert client.labels([LABEL, LABEL, {**LABEL, "label": False}]).json["accepted"] == 3
    assert client.label_records[0]["labels"] == [True, True, False]


BAD_ROWS: list[tuple[Any, str]] = [
    (None, "should be an object, not null"),
    ([], "should be an object, not a list of 0"),
    ({"label": True}, "prediction_id: is missing"),
    ({"prediction_id": PREDICTION_ID}, "label: is missing"),
    ({**LABEL, "lable": 1}, "unknown key 'lable'; it may have label, observed_at, predicted_at, prediction_id"),
    ({**LABEL, "prediction_id": 7}, "prediction_id: 7 should be text of 1 to 200 printable characters"),
    ({**LABEL, "prediction_id": ""}, "prediction_id: '' should be text"),
    ({**LABEL, "prediction_id": "a\nb"}, "prediction_id: 'a\\nb' should be text"),
    ({**LABEL, "prediction_id": "x" * 201}, "prediction_id: "),
    ({**LABEL, "prediction_id": "order-7"}, "predicted_at: is missing; the prediction_id is not one of ours"),
    ({**LABEL, "predicted_at": PREDICTED + 1}, "predicted_at: the prediction_id says 2013-05-31T12:00:00.000Z"),
    ({**LABEL, "prediction_id": prediction_id(request_id(GATEWAY_ID, TIME + HOUR), 0)}, "a prediction of the future"),
    ({**LABEL, "prediction_id": prediction_id(request_id(GATEWAY_ID, 2**48 - 1), 0)}, "a prediction of the future"),
    ({**LABEL, "observed_at": "2013-06-01T11:30:00"}, "observed_at: '2013-06-01T11:30:00' does not say its offset"),
    ({**LABEL, "observed_at": "yesterday"}, "observed_at: 'yesterday' is not ISO 8601"),
    ({**LABEL, "observed_at": 1_370_086_200}, "observed_at: 1370086200 looks like seconds"),
    ({**LABEL, "observed_at": True}, "observed_at: true should be ISO 8601, or milliseconds"),
    ({**LABEL, "observed_at": 1.5}, "observed_at: 1.5 should be ISO 8601, or milliseconds"),
    ({**LABEL, "observed_at": -1}, "observed_at: -1 is before 1970"),
    ({**LABEL, "observed_at": "1969-12-31T23:59:59Z"}, "is before 1970"),
    ({**LABEL, "observed_at": TIME + 300_001}, "is in the future: the request arrived at 2013-06-01T12:00:00.000Z"),
    ({**LABEL, "observed_at": 2**62}, "is in the future"),
    ({**LABEL, "observed_at": "9999-12-31T23:59:59Z"}, "is in the future"),
]


@pytest.mark.parametrize(("row", "told"), BAD_ROWS)
def test_a_bad_row_is_named_and_the_good_ones_are_kept(client: Client, row: Any, told: str) -> None:
    answer = client.labels([LABEL, row, {**LABEL, "label": False}])
    assert answer.status == 200
    assert answer.json["accepted"] == 2
    assert answer.json["rejected"][0]["row"] == 1
    assert told in error_of(answer)
    assert client.label_records[0]["labels"] == [True, False]


def test_a_senders_clock_may_be_five_minutes_ahead(client: Client) -> None:
    assert client.labels([{**LABEL, "observed_at": TIME + 300_000}]).status == 200


@pytest.mark.parametrize("time", [PREDICTED, float(PREDICTED), "2013-05-31T12:00:00Z", "2013-05-31T14:00:00+02:00"])
def test_predicted_at_may_repeat_what_the_id_says(client: Client, time: Any) -> None:
    assert client.labels([{**LABEL, "predicted_at": time}]).status == 200
    assert client.label_records[0]["predicted_at"] == [None]


def test_where_no_row_is_good_the_answer_is_400_and_nothing_is_stored(client: Client) -> None:
    answer = client.labels([{**LABEL, "label": 1}, {}])
    assert answer.status == 400
    assert answer.json == {
        "error": "no row was taken; row 0: label: 1 is not true or false",
        "accepted": 0,
        "rejected": [
            {"row": 0, "error": "label: 1 is not true or false"},
            {"row": 1, "error": "label: is missing"},
        ],
    }
    assert client.label_sink.lines == []


@pytest.mark.parametrize(
    ("positive", "good", "bad"),
    [
        (True, [True, False], [1, 0, "true", None, 1.0, [], {}]),
        (1, [1, 0, 2, 1.0, 2**63 - 1], [True, "1", 1.5, None, 2**63, 1e30, []]),
        ("yes", ["yes", "no", "Other", "x" * 256], [True, 1, "", None, "x" * 257, []]),
    ],
)
def test_a_binary_models_labels_are_of_its_positive_classs_type(positive: Any, good: list[Any], bad: list[Any]) -> None:
    client = Client(config_for("binary", positive=positive))
    answer = client.labels([{**LABEL, "label": label} for label in [*good, *bad]])
    assert [rejected["row"] for rejected in answer.json["rejected"]] == list(range(len(good), len(good) + len(bad)))
    stored = client.label_records[0]["labels"]
    assert stored == good
    assert {type(label) for label in stored} == {type(positive)}


def test_a_model_of_several_classes_takes_any_class(multiclass: Client) -> None:
    good: list[Any] = ["hot", 3, True, "unheard of"]
    bad: list[Any] = [None, 1.5, "", [], {}]
    answer = multiclass.labels([{**LABEL, "label": label} for label in [*good, *bad]])
    assert (answer.json["accepted"], len(answer.json["rejected"])) == (4, 5)
    assert multiclass.label_records[0]["labels"] == good


def test_a_regressions_labels_are_finite_numbers(regression: Client) -> None:
    answer = regression.labels([{**LABEL, "label": label} for label in [1, -2.5, 1e300, True, "1", None]])
    assert (answer.json["accepted"], len(answer.json["rejected"])) == (3, 3)
    assert regression.label_records[0]["labels"] == [1.0, -2.5, 1e300]


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"{}", b'{"rows": []}', b'{"labels": [], "more": 1}', b"\xff"])
def test_a_body_that_is_no_list_of_labels_is_turned_away(client: Client, body: bytes) -> None:
    answer = client.post("labels", body)
    assert answer.status == 400
    assert list(answer.json) == ["error"]


@pytest.mark.parametrize("rows", [[], {}, None, "x"])
def test_there_is_at_least_one_row(client: Client, rows: Any) -> None:
    answer = client.post("labels", {"labels": rows})
    assert (answer.status, answer.error.partition(",")[0]) == (400, '"labels" should be a list of at least one row')


def test_10_000_rows_are_taken_and_one_more_is_too_many(client: Client) -> None:
    assert client.labels([LABEL] * 10_000).json["accepted"] == 10_000
    answer = client.labels([LABEL] * 10_001)
    assert answer.status == 413
    assert "at most 10000" in answer.error


def test_the_errors_of_10_000_bad_rows_fit_an_answer(client: Client) -> None:
    answer = client.labels([{"x" * 100 + str(number): 1} for number in range(10_000)])
    assert len(answer.json["rejected"]) == 10_000
    assert len(answer.body) < 6_000_000
