"""The Open Inference Protocol, JSON."""

import json
from typing import Any

import pytest

from functions.domain.columns import columns_of
from functions.domain.contract import Contract, Feature, Output
from functions.predict.open_inference import Codec
from tests.functions.predict.client import REQUEST_ID, Client, tensors
from tests.functions.predict.small_models import ROW

INPUTS = tensors([ROW, ROW])


def changed(tensor_name: str, /, **changes: Any) -> list[dict[str, Any]]:
    """The inputs with one of them changed; a change to None takes the key away."""
    return [
        {key: value for key, value in {**tensor, **changes}.items() if value is not None}
        if tensor["name"] == tensor_name
        else tensor
        for tensor in INPUTS
    ]


def outputs_of(answer: Any) -> dict[str, Any]:
    return {output["name"]: output for output in answer.json["outputs"]}


def test_answers_all_outputs_flat_with_shape_and_datatype(client: Client) -> None:
    answer = client.infer(INPUTS)
    assert answer.status == 200
    assert answer.headers == {"Content-Type": "application/json"}
    assert {key: answer.json[key] for key in ("model_name", "model_version", "parameters")} == {
        "model_name": "visitors",
        "model_version": "3",
        "parameters": {"request_id": REQUEST_ID, "release": 7},
    }
    assert "id" not in answer.json
    outputs = outputs_of(answer)
    assert outputs["label"] == {"name": "label", "datatype": "INT64", "shape": [2], "data": [0, 0]}
    assert outputs["probabilities"]["shape"] == [2, 2]
    assert len(outputs["probabilities"]["data"]) == 4
    assert outputs["member_seen"]["data"] == [True, True]
    assert outputs["note_seen"]["datatype"] == "BYTES"


def test_gives_the_request_its_id_back(client: Client) -> None:
    assert client.infer(INPUTS, id="ärger 42").json["id"] == "ärger 42"


def test_answers_only_the_outputs_that_are_asked_for_in_their_order(client: Client) -> None:
    answer = client.infer(INPUTS, outputs=[{"name": "serial_seen"}, {"name": "label", "parameters": {}}])
    assert [output["name"] for output in answer.json["outputs"]] == ["serial_seen", "label"]
    assert set(client.sink.records[0]["outputs"]) > {"label", "probabilities"}, "the record always has all"


@pytest.mark.parametrize(
    "inputs",
    [
        INPUTS[::-1],
        changed("age", shape=[2]),
        changed("age", data=[[41.5], [41.5]]),
        changed("age", parameters={}),
        changed("age", parameters={"content_type": "np"}),
        changed("embedding", data=[[0.25, -0.5, 1], [0.25, -0.5, 1]]),
    ],
    ids=["any order", "shape [N]", "nested", "no parameters", "unknown parameters", "nested vectors"],
)
def test_one_request_may_be_written_in_several_ways(client: Client, inputs: Any) -> None:
    assert client.infer(inputs).json["outputs"] == client.infer(INPUTS).json["outputs"]
    first, second = client.sink.records
    assert first["inputs"] == second["inputs"]


def test_parameters_of_the_request_that_say_nothing_to_us_are_passed_over(client: Client) -> None:
    assert client.infer(INPUTS, parameters={"priority": 1, "timeout": 5, "mine": "x"}).status == 200


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (changed("age", name="agee"), "inputs[0]: 'agee' is no feature; the features are age, colour"),
        (changed("age", name=None), "inputs[0]: null is no feature"),
        (changed("age", name=7), "inputs[0]: 7 is no feature"),
        (INPUTS[1:], "input 'age': is missing; send one tensor for each feature"),
        ([*INPUTS, INPUTS[0]], "input 'age': is there twice"),
        (changed("age", datatype="FP64"), "input 'age': its datatype is FP32, not 'FP64'"),
        (changed("age", datatype=None), "input 'age': its datatype is FP32, not null"),
        (changed("age", shape=[1, 2]), "input 'age': its shape should be [N] or [N, 1], not [1, 2]"),
        (changed("age", shape=[]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[2, 1, 1]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[-2, 1]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[2.0, 1]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[True, 1]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[2, 1.0]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[2, True]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape="2"), "its shape should be [N] or [N, 1], not '2'"),
        (changed("age", shape=[10**30, 1]), "its shape should be [N] or [N, 1]"),
        (changed("age", shape=[2**62, 1]), "input 'age': has 2 values; its shape says 4611686018427387904"),
        (changed("embedding", shape=[6]), "input 'embedding': its shape should be [N, 3], not [6]"),
        (changed("embedding", shape=[2, 2]), "input 'embedding': its shape should be [N, 3], not [2, 2]"),
        (changed("age", data=[1]), "input 'age': has 1 values; its shape says 2"),
        (changed("age", data=[], shape=[0, 1]), "input 'age': has no rows"),
        (changed("age", data=None), "input 'age': \"data\" is missing or no list"),
        (changed("age", data={}), "input 'age': \"data\" is missing or no list"),
        (changed("age", data="41"), "input 'age': \"data\" is missing or no list"),
        (changed("age", data=[[41.5, 1], [41.5]]), "row 0 of the nested data should be a list of 1"),
        (changed("age", data=[[41.5], 41.5]), "row 1 of the nested data should be a list of 1"),
        (changed("age", data=[1, 2, 3], shape=[3, 1]), "input 'income': has 2 rows, 'age' has 3"),
        (changed("age", dat=[1]), "input 'age': unknown key 'dat'"),
        (changed("age", parameters=[]), '"parameters" should be an object, not a list of 0'),
        (changed("age", parameters={"binary_data_size": 8}), "needs the header Inference-Header-Content-Length"),
        (changed("age", parameters={"shared_memory_region": "x"}), "'shared_memory_region' is not supported"),
        ([7], "inputs[0]: should be an object"),
        ([], "input 'age': is missing"),
    ],
)
def test_tensors_that_are_not_the_contracts_are_rejected(client: Client, inputs: Any, told: str) -> None:
    answer = client.infer(inputs)
    assert answer.status == 400
    assert told in answer.error
    assert client.sink.lines == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no body"),
        (b"{", "the body is not JSON"),
        (b'{"inputs": NaN}', "the body is not JSON"),
        (b'{"inputs": 1e999}', "the body is not JSON"),
        (b'{"inputs": "\\ud800"}', "the body is not JSON"),
        (b'{"inputs": "\xff"}', "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b'{"inputs":' + b"[" * 900 + b"]" * 900 + b"}", "inputs[0]: should be an object"),
        (b"[]", 'should be an object with "inputs", not a list of 0'),
        (b"null", 'should be an object with "inputs", not null'),
        (b'{"inputs": {}}', '"inputs" is missing or no list'),
        (b'{"input": []}', '"inputs" is missing or no list'),
        (b'{"inputs": [], "ouputs": []}', "unknown key 'ouputs'"),
        (b'{"inputs": [], "id": 7}', '"id" should be text, not 7'),
        (b'{"inputs": [], "parameters": 1}', '"parameters" should be an object, not 1'),
        (b'{"inputs": [], "parameters": {"binary_data_output": 1}}', "should be true or false, not 1"),
        (b'{"inputs": [], "outputs": {}}', '"outputs" should be a list, not an object'),
        (b'{"inputs": [], "outputs": [7]}', "outputs[0] asks for null; this model has age_seen"),
        (b'{"inputs": [], "outputs": [{"name": "lable"}]}', "outputs[0] asks for 'lable'"),
        (b'{"inputs": [], "outputs": [{"name": "label"}, {"name": "label"}]}', "outputs[1] asks for 'label' again"),
        (
            b'{"inputs": [], "outputs": [{"name": "label", "parameters": {"classification": 2}}]}',
            "outputs[0]: the parameter 'classification' is not supported",
        ),
        (
            b'{"inputs": [], "outputs": [{"name": "label", "parameters": {"binary_data": "yes"}}]}',
            "\"binary_data\" should be true or false, not 'yes'",
        ),
    ],
)
def test_a_body_that_is_no_request_is_rejected(client: Client, body: bytes, told: str) -> None:
    answer = client.post("/v2/models/visitors/infer", body)
    assert answer.status == 400
    assert told in answer.error


def test_reports_the_problems_of_several_tensors_at_once(client: Client) -> None:
    told = client.infer([*changed("age", datatype="INT64")[:-1]]).error
    assert told == (
        "input 'age': its datatype is FP32, not 'INT64'; "
        "input 'embedding': is missing; send one tensor for each feature"
    )


def test_text_and_base64_bodies_read_alike(client: Client) -> None:
    text = json.dumps({"inputs": INPUTS}, ensure_ascii=False)
    by_text = client.post("/v2/models/visitors/infer", text)
    assert by_text.json["outputs"] == client.post("/v2/models/visitors/infer", text.encode()).json["outputs"]


def test_a_vector_of_one_is_a_vector() -> None:
    contract = Contract("m", "regression", "", (Feature("x", "float32", size=1),), (Output("y", "FP32"),), "y")
    codec = Codec(contract, columns_of(contract.features, contract.guard))
    tensor = {"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    assert codec.read({"inputs": [tensor]}, None).columns == {"x": [[1], [2]]}
