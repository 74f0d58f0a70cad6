"""Gives a graph the interface that Trimtab serves: one input tensor a feature, outputs with the field's names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

from functions.domain.contract import Feature, Task
from functions.retrain.canonical import canonical

ELEMENT_TYPES: Mapping[str, int] = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}
HIDDEN = "\x00"  # begins no feature's name, since those are printable
LABEL, PROBABILITY, VALUE = "label", "probability", "value"


@dataclass(frozen=True, slots=True)
class Rename:
    """An output of the inner graph, the name it gets, and whether its 0 and 1 become false and true."""

    inner: str
    name: str
    to_bool: bool = False


def output_names(task: Task, features: Sequence[Feature]) -> tuple[str, ...]:
    """What the outputs are called: label and probability, or value; `predicted_…` where a feature has that name."""
    taken = {feature.name for feature in features}
    plain = (VALUE,) if task == "regression" else (LABEL, PROBABILITY)
    return tuple(f"predicted_{name}" if name in taken else name for name in plain)


def with_interface(
    model: ModelProto, features: Sequence[Feature], inputs: Mapping[str, Sequence[Feature]], outputs: Sequence[Rename]
) -> ModelProto:
    """The model in canonical form with one input a feature, and with `outputs` alone.

    `inputs` says which features each input of `model` takes, side by side. Numbers reach it as float32, strings stay.
    """
    names = {output.inner: output.name for output in outputs if not output.to_bool}
    names |= {name: group[0].name for name, group in inputs.items() if len(group) == 1 and _goes_straight(group[0])}
    interface = [*(feature.name for feature in features), *(output.name for output in outputs)]
    result = canonical(model, names, reserved=interface)
    graph = result.graph
    inner_inputs = {old.name: new.name for old, new in zip(model.graph.input, graph.input, strict=True)}
    inner_outputs = {old.name: new for old, new in zip(model.graph.output, graph.output, strict=True)}
    for name, group in inputs.items():
        if name not in names:
            graph.node.extend(_gathered(group, inner_inputs[name]))
    kept = [_output(graph, inner_outputs[output.inner], output) for output in outputs]
    del graph.input[:], graph.output[:]
    graph.input.extend(
        helper.make_tensor_value_info(f.name, ELEMENT_TYPES[f.type], [None, f.size or 1]) for f in features
    )
    graph.output.extend(kept)
    return canonical(result)


def without_zipmap(model: ModelProto) -> ModelProto:
    """The model with a tensor [rows, classes] for each output that is a sequence of maps from class to probability."""
    zipmaps = {node.output[0]: node for node in model.graph.node if node.op_type == "ZipMap"}
    if not zipmaps:
        return model
    result = ModelProto()
    result.CopyFrom(model)
    outputs = []
    for value in result.graph.output:
        node = zipmaps.get(value.name)
        if node is not None:
            value = helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, None])
        outputs.append(value)
    nodes = [node for node in result.graph.node if node.op_type != "ZipMap"]
    del result.graph.output[:], result.graph.node[:]
    result.graph.output.extend(outputs)
    result.graph.node.extend(nodes)
    return result


def _goes_straight(feature: Feature) -> bool:
    return feature.type in ("float32", "string")


def _gathered(group: Sequence[Feature], target: str) -> list[NodeProto]:
    """Nodes that put features side by side as float32: neighbours of one type first, so that each type is cast once."""
    runs = [(kind, [feature.name for feature in run]) for kind, run in groupby(group, key=lambda feature: feature.type)]
    nodes, parts = [], []
    for index, (kind, members) in enumerate(runs):
        if kind in ("int64", "bool"):
            joined = members[0]
            if len(members) > 1:
                joined = f"{HIDDEN}{target}.{index}"
                nodes.append(helper.make_node("Concat", members, [joined], axis=1))
            members = [target if len(runs) == 1 else f"{HIDDEN}{target}.{index}.float"]
            nodes.append(helper.make_node("Cast", [joined], members, to=TensorProto.FLOAT))
        parts.extend(members)
    if parts != [target]:
        nodes.append(helper.make_node("Concat", parts, [target], axis=1))
    return nodes


def _output(graph: GraphProto, made: ValueInfoProto, output: Rename) -> ValueInfoProto:
    """The description of one output, after the cast to bool where it is asked for."""
    value = ValueInfoProto()
    value.CopyFrom(made)
    if output.to_bool:
        graph.node.append(helper.make_node("Cast", [made.name], [output.name], to=TensorProto.BOOL))
        value.name, value.type.tensor_type.elem_type = output.name, TensorProto.BOOL
    return value
