"""Small ONNX models with every type of feature, made by hand; what the graph saw is among their outputs."""

import hashlib
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from functions.domain.contract import Contract, Feature, Guard, Output, Task

FEATURES = (
    Feature("age", "float32", min=0, max=120),
    Feature("income", "float32", nullable=True),
    Feature("visits", "int64", min=0, max=1_000),
    Feature("serial", "int64"),
    Feature("level", "int64", categories=(1, 2, 3)),
    Feature("colour", "string", categories=("blue", "green", "red")),
    Feature("note", "string", nullable=True),
    Feature("member", "bool"),
    Feature("embedding", "float32", size=3, min=-1, max=1),
)
SEEN = ("age", "income", "serial", "note", "member", "embedding")  # inputs that the graph also puts out
CLASSES: dict[Task, tuple[Any, ...] | None] = {
    "binary": (False, True),
    "multiclass": ("cold", "mild", "hot"),
    "regression": None,
}
_TYPES = {"float32": ("FP32", TensorProto.FLOAT), "int64": ("INT64", TensorProto.INT64)}
_TYPES |= {"string": ("BYTES", TensorProto.STRING), "bool": ("BOOL", TensorProto.BOOL)}

ROW: dict[str, Any] = {
    "age": 41.5,
    "income": 1200,
    "visits": 3,
    "serial": 9_007_199_254_740_993,
    "level": 2,
    "colour": "green",
    "note": "late again",
    "member": True,
    "embedding": [0.25, -0.5, 1],
}


def write_model(folder: Path, task: Task = "binary", guard: Guard | None = None, **limits: Any) -> Contract:
    """Write `model.onnx` and `contract.json`; the contract."""
    data = _graph(task).SerializeToString()
    classes = CLASSES[task]
    label = {"binary": "INT64", "multiclass": "BYTES", "regression": "FP32"}[task]
    label_output = Output("label", label, (1,) if task == "regression" else ())
    chances = () if classes is None else (Output("probabilities", "FP32", (len(classes),)),)
    by_name = {feature.name: feature for feature in FEATURES}
    seen = tuple(Output(f"{name}_seen", _TYPES[by_name[name].type][0], (by_name[name].size or 1,)) for name in SEEN)
    contract = Contract(
        model="visitors",
        task=task,
        onnx_sha256=hashlib.sha256(data).hexdigest(),
        features=FEATURES,
        outputs=(label_output, *chances, *seen),
        label_output="label",
        probability_output="probabilities" if classes else None,
        classes=classes,
        positive=True if task == "binary" else None,
        guard=guard or Guard(max_rows=500),
        **limits,
    )
    (folder / "model.onnx").write_bytes(data)
    (folder / "contract.json").write_bytes(contract.to_bytes())
    return contract


def _graph(task: Task) -> onnx.ModelProto:
    inputs = [helper.make_tensor_value_info(f.name, _TYPES[f.type][1], [None, f.size or 1]) for f in FEATURES]
    nodes = [helper.make_node("Cast", [f.name], [f"{f.name}_f"], to=TensorProto.FLOAT) for f in FEATURES[:5]]
    nodes += [
        helper.make_node("Cast", ["member"], ["member_f"], to=TensorProto.FLOAT),
        _encoder("colour", ["blue", "green", "red"], [1.0, 2.0, 3.0]),
        _encoder("note", [""], [5.0]),
        helper.make_node("IsNaN", ["income_f"], ["income_missing"]),
        helper.make_node("Where", ["income_missing", "zero", "income_f"], ["income_known"]),
        helper.make_node(
            "Concat",
            ["age_f", "income_known", "visits_f", "level_f", "colour_f", "note_f", "member_f", "embedding"],
            ["row"],
            axis=1,
        ),
        helper.make_node("MatMul", ["row", "weights"], ["score"]),
        *(helper.make_node("Identity", [name], [f"{name}_seen"]) for name in SEEN),
        *_HEADS[task](),
    ]
    kind = {"binary": TensorProto.INT64, "multiclass": TensorProto.STRING, "regression": TensorProto.FLOAT}[task]
    outputs = [helper.make_tensor_value_info("label", kind, [None, 1] if task == "regression" else [None])]
    if task != "regression":
        outputs.append(
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, len(CLASSES[task] or ())])
        )
    by_name = {feature.name: feature for feature in FEATURES}
    outputs += [
        helper.make_tensor_value_info(f"{name}_seen", _TYPES[by_name[name].type][1], [None, by_name[name].size or 1])
        for name in SEEN
    ]
    graph = helper.make_graph(nodes, "visitors", inputs, outputs, _constants())
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _constants() -> list[onnx.TensorProto]:
    weights = [0.01, 0.0001, 0.002, -0.1, 0.2, 0.3, -0.4, 0.5, 0.6, -0.7]
    return [
        helper.make_tensor("weights", TensorProto.FLOAT, [10, 1], weights),
        helper.make_tensor("zero", TensorProto.FLOAT, [1, 1], [0.0]),
        helper.make_tensor("one", TensorProto.FLOAT, [1, 1], [1.0]),
        helper.make_tensor("half", TensorProto.FLOAT, [1, 1], [0.5]),
        helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("three", TensorProto.FLOAT, [1, 3], [-1.0, 0.0, 1.0]),
    ]


def _encoder(name: str, keys: list[str], values: list[float]) -> onnx.NodeProto:
    return helper.make_node(
        "LabelEncoder",
        [name],
        [f"{name}_f"],
        domain="ai.onnx.ml",
        keys_strings=keys,
        values_floats=values,
        default_float=0.0,
    )


def _binary() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Sigmoid", ["score"], ["yes"]),
        helper.make_node("Sub", ["one", "yes"], ["no"]),
        helper.make_node("Concat", ["no", "yes"], ["probabilities"], axis=1),
        helper.make_node("Greater", ["yes", "half"], ["decision"]),
        helper.make_node("Cast", ["decision"], ["decision_i"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["decision_i", "flat"], ["label"]),
    ]


def _multiclass() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Mul", ["score", "three"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node(
            "LabelEncoder",
            ["best"],
            ["label"],
            domain="ai.onnx.ml",
            keys_int64s=[0, 1, 2],
            values_strings=["cold", "mild", "hot"],
        ),
    ]


def _regression() -> list[onnx.NodeProto]:
    return [helper.make_node("Identity", ["score"], ["label"])]


_HEADS = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}
