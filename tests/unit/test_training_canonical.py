"""Canonical ONNX: equal models get equal bytes, and compute what they did."""

import random
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from functions.retrain.canonical import canonical, to_bytes
from functions.retrain.interface import without_zipmap


def graph_of(suffix: str, shuffled: bool = False) -> onnx.ModelProto:
    """x -> if sum(x) > 0: x * w + b, else: x - b; all inner names end in `suffix`; one node is of no use."""

    def n(name: str) -> str:
        return f"{name}{suffix}"

    def branch(operator: str, *names: str) -> onnx.GraphProto:
        output = helper.make_tensor_value_info(n(operator), TensorProto.FLOAT, None)
        return helper.make_graph([helper.make_node(operator, names, [n(operator)])], n("branch"), [], [output])

    weights = {n("w"): np.array([2.0], np.float32), n("b"): np.array([3.0], np.float32), n("zero"): np.float32(0)}
    nodes = [
        helper.make_node("ReduceSum", ["x"], [n("sum")], name=n("node"), keepdims=0),
        helper.make_node("Greater", [n("sum"), n("zero")], [n("positive")]),
        helper.make_node("Mul", ["x", n("w")], [n("scaled")], doc_string=suffix),
        helper.make_node("Neg", ["x"], [n("unused")]),
        helper.make_node(
            "If",
            [n("positive")],
            ["y"],
            then_branch=branch("Add", n("scaled"), n("b")),
            else_branch=branch("Sub", "x", n("b")),
        ),
    ]
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    if shuffled:
        nodes = [nodes[2], nodes[3], nodes[0], nodes[1], nodes[4]]
        random.Random(5).shuffle(initializers)
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])
    graph = helper.make_graph(
        nodes, n("graph"), [value], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])], initializers
    )
    opsets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets[:: -1 if shuffled else 1], producer_name=n("converter"))
    model.ir_version = 8
    helper.set_model_props(model, {"made": suffix})
    return model


def run(model: onnx.ModelProto, values: list[float]) -> list[float]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answer: list[float] = session.run(["y"], {"x": np.array(values, np.float32)})[0].tolist()
    return answer


def test_names_order_and_stamps_do_not_show_in_the_bytes() -> None:
    assert to_bytes(canonical(graph_of("_1"))) == to_bytes(canonical(graph_of("_b7c", shuffled=True)))


def test_what_is_computed_shows_in_the_bytes() -> None:
    other = graph_of("_1")
    other.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([2.5], np.float32), "w_1"))

    assert to_bytes(canonical(graph_of("_1"))) != to_bytes(canonical(other))


@pytest.mark.parametrize("values", [[1.0, 2.0], [-1.0, -2.0]])
def test_computes_what_it_did_in_both_branches(values: list[float]) -> None:
    model = graph_of("_1")

    assert run(canonical(model), values) == run(model, values)


def test_leaves_out_what_no_output_needs() -> None:
    assert [node.op_type for node in canonical(graph_of("_1")).graph.node] == ["ReduceSum", "Greater", "Mul", "If"]


def test_is_its_own_canonical_form() -> None:
    once = canonical(graph_of("_1"))

    assert to_bytes(canonical(once)) == to_bytes(once)


def test_values_get_no_name_that_is_reserved() -> None:
    named = canonical(graph_of("_1"), reserved=["v0", "v1"])
    names = {name for node in named.graph.node for name in node.output}

    assert names.isdisjoint({"v0", "v1"})
    assert "v2" in names


def test_a_map_of_probabilities_becomes_a_tensor() -> None:
    def value(name: str, kind: int) -> Any:
        return helper.make_tensor_value_info(name, kind, [None, 2])

    nodes = [
        helper.make_node("Softmax", ["x"], ["p"]),
        helper.make_node("ZipMap", ["p"], ["maps"], domain="ai.onnx.ml", classlabels_strings=["no", "yes"]),
    ]
    graph = helper.make_graph(nodes, "g", [value("x", TensorProto.FLOAT)], [value("maps", TensorProto.FLOAT)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8

    session = onnxruntime.InferenceSession(
        without_zipmap(model).SerializeToString(), providers=["CPUExecutionProvider"]
    )

    assert session.run(None, {"x": np.zeros((3, 2), np.float32)})[0].tolist() == [[0.5, 0.5]] * 3
