"""The binary tensor extension, both ways, down to the bytes."""

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import InvalidRequestError
from functions.predict import binary_tensors
from tests.functions.predict.client import Client, client_for, packed, settings_for, tensors, unpacked
from tests.functions.predict.small_models import ROW

INFER = "/v2/models/visitors/infer"

# datatype, values, the bytes that tritonclient writes for them (recorded from it)
WIRE: list[tuple[str, list[Any], str]] = [
    ("FP32", [41.5, 0.10000000149011612], "00002642 cdcccc3d"),
    ("FP32", [1200.0, None], "00009644 0000c07f"),
    ("INT64", [9_007_199_254_740_993, -(2**63)], "0100000000002000 0000000000000080"),
    ("BYTES", ["green", ""], "05000000 677265656e 00000000"),
    ("BYTES", ["späť 🙂"], "0b000000 7370c3a4c5a520f09f9982"),
    ("BOOL", [True, False], "01 00"),
]


@pytest.mark.parametrize(("datatype", "values", "wire"), WIRE)
def test_bytes_read_as_the_values_that_were_sent(datatype: str, values: list[Any], wire: str) -> None:
    data = memoryview(bytes.fromhex(wire))
    read = binary_tensors.decode(datatype, len(values), data, "input 'x'", null=None in values)
    assert read == values
    assert [type(value) for value in read] == [type(value) for value in values]


@pytest.mark.parametrize(("datatype", "values", "wire"), [row for row in WIRE if None not in row[1]])
def test_values_are_written_as_those_bytes(datatype: str, values: list[Any], wire: str) -> None:
    numpy_types = {"FP32": np.float32, "INT64": np.int64, "BYTES": object, "BOOL": np.bool_}
    array: np.ndarray[Any, Any] = np.array(values, dtype=numpy_types[datatype]).reshape(-1, 1)
    assert binary_tensors.encode(datatype, array) == bytes.fromhex(wire)


@pytest.mark.parametrize(
    ("datatype", "count", "wire", "told"),
    [
        ("FP32", 2, "00002642", "binary_data_size is 4; 2 values of FP32 take 8 bytes"),
        ("FP32", 2**62, "00002642", "binary_data_size is 4"),
        ("INT64", 1, "00" * 9, "binary_data_size is 9"),
        ("BOOL", 1, "02", "a BOOL is one byte, 0 or 1; found 2"),
        ("BYTES", 1, "", "0 elements in 0 of 0 bytes; the shape says 1"),
        ("BYTES", 1, "0500", "element 0 of the binary data reaches beyond"),
        ("BYTES", 1, "05000000 6772", "element 0 of the binary data reaches beyond"),
        ("BYTES", 1, "ffffffff 6772", "element 0 of the binary data reaches beyond"),
        ("BYTES", 2, "00000000", "1 elements in 4 of 4 bytes; the shape says 2"),
        ("BYTES", 1, "00000000 00000000", "1 elements in 4 of 8 bytes; the shape says 1"),
        ("BYTES", 2**62, "00000000", "1 elements in 4 of 4 bytes"),
        ("BYTES", 1, "01000000 ff", "element 0 is not UTF-8"),
        ("BYTES", 1, "03000000 eda080", "element 0 is not UTF-8"),  # a lone surrogate
    ],
)
def test_bytes_that_lie_are_rejected(datatype: str, count: int, wire: str, told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told.replace("(", r"\(")):
        binary_tensors.decode(datatype, count, memoryview(bytes.fromhex(wire)), "input 'x'", null=False)


def test_a_request_without_content_type_as_tritonclient_sends_it(client: Client) -> None:
    body, headers = packed([ROW, {**ROW, "income": None}], parameters={"binary_data_output": True}, id="42")
    answer = client.post(INFER, body, headers)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    head, blobs = unpacked(answer)
    assert head["id"] == "42"
    assert {output["name"]: output["shape"] for output in head["outputs"]}["embedding_seen"] == [2, 3]
    assert struct.unpack("<2q", blobs["label"]) == (0, 0)
    assert struct.unpack("<2q", blobs["serial_seen"]) == (ROW["serial"],) * 2
    assert struct.unpack("<2f", blobs["income_seen"])[0] == 1200
    assert blobs["member_seen"] == b"\1\1"
    assert blobs["note_seen"] == (b"\x0a\0\0\0late again") * 2
    assert client.sink.records[0]["inputs"]["income"] == [1200, None]


def test_each_output_is_answered_as_it_was_asked_for(client: Client) -> None:
    body, headers = packed(
        [ROW],
        outputs=[{"name": "note_seen"}, {"name": "label", "parameters": {"binary_data": True}}, {"name": "age_seen"}],
    )
    head, blobs = unpacked(client.post(INFER, body, headers))
    assert [output.get("data") for output in head["outputs"]] == [["late again"], None, [41.5]]
    assert set(blobs) == {"label"}


def test_binary_answers_are_to_be_had_for_json_requests_too(client: Client) -> None:
    answer = client.infer(tensors([ROW]), parameters={"binary_data_output": True})
    _, blobs = unpacked(answer)
    probabilities = client.infer(tensors([ROW]), outputs=[{"name": "probabilities"}]).json["outputs"][0]["data"]
    assert list(struct.unpack("<2f", blobs["probabilities"])) == probabilities


FLOATS = st.floats(width=32, min_value=0, max_value=120)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": FLOATS,
            "income": st.floats(width=32, allow_nan=False, allow_infinity=False) | st.none(),
            "visits": st.integers(0, 1_000),
            "serial": st.integers(-(2**63), 2**63 - 1),
            "level": st.sampled_from([1, 2, 3]),
            "colour": st.sampled_from(["blue", "green", "red"]),
            "note": TEXT,
            "member": st.booleans(),
            "embedding": st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def shared(model_folder: Any) -> Client:
    return client_for(settings_for(model_folder))


@given(rows=ROWS)
def test_rows_json_and_binary_are_the_same_to_graph_record_and_client(
    shared: Client, rows: list[dict[str, Any]]
) -> None:
    shared.sink.lines.clear()
    body, headers = packed(rows)
    by_rows, by_json, by_binary = shared.predict(rows), shared.infer(tensors(rows)), shared.post(INFER, body, headers)
    assert by_json.json["outputs"] == by_binary.json["outputs"]
    outputs = {output["name"]: output["data"] for output in by_json.json["outputs"]}
    assert outputs["serial_seen"] == [row["serial"] for row in rows]
    assert outputs["note_seen"] == [row["note"] for row in rows]
    assert outputs["embedding_seen"] == [value for row in rows for value in row["embedding"]]
    assert outputs["income_seen"] == [row["income"] for row in rows]
    assert [row["probability"] for row in by_rows.json["predictions"]] == outputs["probabilities"][1::2]
    records = shared.sink.records
    assert len(records) == 3
    for record in records:
        assert record["inputs"] == {name: [row[name] for row in rows] for name in rows[0]}
        assert record["outputs"] == records[0]["outputs"]


@pytest.mark.parametrize("length", ["", "0", "-1", "1.5", "1e3", "\uff19", "99999", "9" * 5_000, "x", None])
def test_a_header_length_that_cannot_be_is_rejected(client: Client, length: str | None) -> None:
    body, _ = packed([ROW])
    headers = {"Inference-Header-Content-Length": length, "Content-Type": "application/octet-stream"}
    answer = client.post(INFER, body, headers)  # type: ignore[arg-type]  # None is what a test event may hold
    assert answer.status in (400, 415)
    assert client.sink.lines == []


@pytest.mark.parametrize("by", [-1, 1])
def test_a_header_length_that_is_off_by_one_is_rejected(client: Client, by: int) -> None:
    body, headers = packed([ROW])
    off = {"Inference-Header-Content-Length": str(int(headers["Inference-Header-Content-Length"]) + by)}
    assert "the body is not JSON" in client.post(INFER, body, off).error


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (99_999, "input 'embedding': binary_data_size is 99999, but 12 bytes of binary data are left"),
        (-8, "input 'embedding': binary_data_size is -8, but 12 bytes"),
        (12.0, "input 'embedding': binary_data_size is 12.0, but 12 bytes"),
        (True, "input 'embedding': binary_data_size is true, but 12 bytes"),
        ([], "input 'embedding': binary_data_size is a list of 0, but 12 bytes"),
        (10**30, "input 'embedding': binary_data_size is 1e+30, but 12 bytes"),
        (11, "input 'embedding': binary_data_size is 11; 3 values of FP32 take 12 bytes"),
    ],
)
def test_sizes_that_lie_are_rejected(client: Client, size: Any, told: str) -> None:
    body, headers = packed([ROW])
    end = int(headers["Inference-Header-Content-Length"])
    head = json.loads(body[:end])
    head["inputs"][-1]["parameters"]["binary_data_size"] = size
    lying = json.dumps(head).encode()
    answer = client.post(INFER, lying + body[end:], {"Inference-Header-Content-Length": str(len(lying))})
    assert answer.status == 400
    assert told in answer.error


def test_bytes_left_over_are_rejected(client: Client) -> None:
    body, headers = packed([ROW])
    answer = client.post(INFER, body + b"\0", headers)
    assert answer.status == 400
    assert "add to" in answer.error


def test_data_twice_is_rejected(client: Client) -> None:
    head = json.dumps(
        {"inputs": [{**tensors([ROW])[0], "parameters": {"binary_data_size": 4}}, *tensors([ROW])[1:]]}
    ).encode()
    answer = client.post(INFER, head + b"\0\0\0\0", {"Inference-Header-Content-Length": str(len(head))})
    assert 'has both "data" and binary data' in answer.error


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("age", math.nan, "row 1, age: nan is not a finite number"),
        ("age", math.inf, "row 1, age: inf is not a finite number"),
        ("income", -math.inf, "row 1, income: -inf is not a finite number; null is allowed"),
        ("colour", "mauve", "row 1, colour: 'mauve' is not a known category"),
        ("age", 120.00001, "row 1, age: 120.0000076"),
    ],
)
def test_binary_values_are_validated_as_all_others(client: Client, name: str, value: Any, told: str) -> None:
    body, headers = packed([ROW, {**ROW, name: value}])
    answer = client.post(INFER, body, headers)
    assert answer.status == 400
    assert told in answer.error


def test_a_binary_value_on_a_limit_is_within_it(client: Client) -> None:
    body, headers = packed([{**ROW, "age": 120.0}])
    assert client.post(INFER, body, headers).status == 200
