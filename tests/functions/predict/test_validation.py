"""What the contract allows of a value, by either way in: the two ways share one validation."""

import json
from typing import Any

import pytest

from tests.functions.predict.client import Client, tensors
from tests.functions.predict.small_models import ROW

REJECTED = [
    ("age", -0.5, "-0.5 is outside the range 0 to 120"),
    ("age", 121, "121 is outside the range 0 to 120"),
    ("age", "41", "'41' is not a number (FP32)"),
    ("age", True, "true is not a number (FP32)"),
    ("age", None, "null is not allowed here; send a number"),
    ("age", [1], "a list of 1 is not a number (FP32)"),
    ("age", {"a": 1}, "an object is not a number (FP32)"),
    ("income", 3.5e38, "3.5e+38 does not fit FP32, whose limit is 3.402823e+38"),
    ("income", -(10**39), "does not fit FP32"),
    ("visits", 1.5, "1.5 is not an integer (INT64)"),
    ("visits", True, "true is not an integer (INT64)"),
    ("visits", "3", "'3' is not an integer (INT64)"),
    ("visits", None, "null is not an integer (INT64)"),
    ("visits", 1_001, "1001 is outside the range 0 to 1000"),
    ("serial", 2**63, "does not fit INT64"),
    ("serial", -(2**63) - 1, "is not an integer (INT64)"),  # JSON integers beyond 64 bits read as floats
    ("serial", 1e300, "1e+300 is not an integer (INT64)"),
    ("level", 4, "4 is not a known category; it may be 1, 2, 3"),
    ("level", True, "true is not an integer (INT64)"),
    ("colour", "mauve", "'mauve' is not a known category; it may be blue, green, red"),
    ("colour", "", "'' is not a known category"),
    ("colour", None, "null is not allowed here; send text"),
    ("colour", 7, "7 is not text (BYTES)"),
    ("colour", ["red"], "a list of 1 is not text (BYTES)"),
    ("note", 7, "7 is not text (BYTES)"),
    ("member", 1, "1 is not true or false (BOOL)"),
    ("member", "true", "'true' is not true or false (BOOL)"),
    ("member", None, "null is not true or false (BOOL)"),
    ("embedding", [0, 0], "has 2 values, not 3"),
    ("embedding", 1, "1 is not a list of 3 values"),
    ("embedding", None, "null is not a list of 3 values"),
    ("embedding", [0, "x", 0], "embedding[1]: 'x' is not a number (FP32)"),
    ("embedding", [0, 0, 1.5], "embedding[2]: 1.5 is outside the range -1 to 1"),
]


@pytest.mark.parametrize("among", [0, 2], ids=["alone", "last of three"])
@pytest.mark.parametrize(("name", "value", "told"), REJECTED)
def test_a_value_that_breaks_the_contract_is_named_with_its_row(
    client: Client, name: str, value: Any, told: str, among: int
) -> None:
    answer = client.predict([*[ROW] * among, {**ROW, name: value}])
    assert answer.status == 400
    assert f"row {among}, {name}" in answer.error
    assert told in answer.error
    assert client.sink.lines == []


@pytest.mark.parametrize("among", [0, 2], ids=["alone", "last of three"])
@pytest.mark.parametrize(
    ("name", "value", "told"), [case for case in REJECTED if case[0] != "embedding" and not isinstance(case[1], list)]
)
def test_the_protocol_finds_the_same(client: Client, name: str, value: Any, told: str, among: int) -> None:
    answer = client.infer(tensors([*[ROW] * among, {**ROW, name: value}]))
    assert answer.status == 400
    assert f"row {among}, {name}: " in answer.error
    assert told in answer.error


@pytest.mark.parametrize("among", [0, 2], ids=["alone", "last of three"])
@pytest.mark.parametrize(
    ("name", "value", "recorded", "seen"),
    [
        ("age", 0, 0, 0.0),
        ("age", 120, 120, 120.0),
        ("age", 0.1, 0.1, 0.10000000149011612),
        ("income", None, None, None),
        ("income", -3.4028234663852886e38, -3.4028234663852886e38, -3.4028234663852886e38),
        ("income", 2**64 - 1, 2**64 - 1, 18446744073709551616.0),
        ("serial", 2**63 - 1, 2**63 - 1, 2**63 - 1),
        ("serial", -(2**63), -(2**63), -(2**63)),
        ("serial", 2.0, 2, 2),
        ("note", None, None, ""),
        ("note", "", "", ""),
        ("note", "Ünï\u0007🙂", "Ünï\u0007🙂", "Ünï\u0007🙂"),
        ("member", False, False, False),
    ],
)
def test_a_value_that_keeps_it_reaches_the_graph_and_the_record(
    client: Client, name: str, value: Any, recorded: Any, seen: Any, among: int
) -> None:
    answer = client.infer(tensors([*[ROW] * among, {**ROW, name: value}]))
    assert answer.status == 200, answer.error
    outputs = {output["name"]: output["data"] for output in answer.json["outputs"]}
    assert outputs[f"{name}_seen"][-1] == seen
    assert type(outputs[f"{name}_seen"][-1]) is type(seen)
    assert client.sink.records[0]["inputs"][name][-1] == recorded


def test_reports_the_first_few_problems_and_counts_the_rest(client: Client) -> None:
    answer = client.predict([{**ROW, "age": "x", "colour": 1}] * 4)
    assert answer.error.count("row ") == 5
    assert answer.error.endswith("; and 3 more")


def test_one_bad_row_rejects_the_whole_request_and_records_nothing(client: Client) -> None:
    assert client.predict([ROW, ROW, {**ROW, "age": 121}, ROW]).status == 400
    assert client.sink.lines == []


def test_what_the_guard_flags_is_answered_and_recorded_with_its_flags(flagging: Client) -> None:
    rows = [ROW, {**ROW, "age": 121, "colour": "mauve", "embedding": [2, 2, 0]}, {**ROW, "level": 9}]
    flags = [[], ["out_of_range:age", "unknown_category:colour", "out_of_range:embedding"], ["unknown_category:level"]]
    assert [prediction["flags"] for prediction in flagging.predict(rows).json["predictions"]] == flags
    parameters = flagging.infer(tensors(rows)).json["parameters"]
    assert json.loads(parameters["flags"]) == {"1": flags[1], "2": flags[2]}
    assert [record["flags"] for record in flagging.sink.records] == [flags, flags]


def test_what_a_tensor_cannot_hold_is_never_merely_flagged(flagging: Client) -> None:
    for name, value in (("age", 1e39), ("serial", 2**64 - 1)):
        answer = flagging.predict([{**ROW, name: value}])
        assert answer.status == 400
        assert "does not fit" in answer.error


def test_too_many_rows_are_too_large(client: Client) -> None:
    assert client.predict([ROW] * 500).status == 200
    answer = client.predict([ROW] * 501)
    assert answer.status == 413
    assert "501 rows; at most 500" in answer.error
    assert client.infer(tensors([ROW] * 501)).status == 413
