"""What a graph takes and names, read from its declarations."""

from collections.abc import Sequence
from typing import Any

from onnx import ModelProto, TensorProto

from functions.domain.contract import Class, Feature
from functions.domain.errors import ModelFolderError
from functions.retrain.interface import ELEMENT_TYPES


def check_inputs(model: ModelProto, features: Sequence[Feature]) -> None:
    """See that the graph takes each feature by its name, of its type, as [rows, 1] or [rows, size].

    Raises:
        ModelFolderError: it does not; says what the graph takes.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    taken = {v.name: v.type.tensor_type for v in model.graph.input if v.name not in constants}
    for name in taken.keys() - {f.name for f in features}:
        raise ModelFolderError(
            f"the ONNX model takes an input {name!r} that is no feature: add [features.{name}] to model.toml "
            f"({_described(taken[name])})"
        )
    for feature in features:
        if feature.name not in taken:
            raise ModelFolderError(
                f"[features.{feature.name}] is no input of the ONNX model, which takes {', '.join(taken)}"
            )
        tensor = taken[feature.name]
        if tensor.elem_type != ELEMENT_TYPES[feature.type]:
            raise ModelFolderError(
                f"[features.{feature.name}] type is {feature.type}, but the model's is {_described(tensor)}"
            )
        dims = list(tensor.shape.dim)
        if len(dims) != 2 or dims[0].dim_value or dims[1].dim_value not in (0, feature.size or 1):
            raise ModelFolderError(
                f"[features.{feature.name}] is [rows, {feature.size or 1}], but the model's input is "
                f"{_described(tensor)}: set size, or export the model with a free first dimension"
            )


def _described(tensor: Any) -> str:
    dims = ", ".join(str(d.dim_value) if d.dim_value else d.dim_param or "any" for d in tensor.shape.dim)
    return f"{TensorProto.DataType.Name(tensor.elem_type).lower()} [{dims}]"


def graph_classes(model: ModelProto) -> tuple[Class, ...] | None:
    """The classes that the graph itself names, in the order of its probabilities."""
    for node in reversed(model.graph.node):
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels_") and (attribute.ints or attribute.strings):
                return tuple(attribute.ints) or tuple(text.decode() for text in attribute.strings)
    return None
