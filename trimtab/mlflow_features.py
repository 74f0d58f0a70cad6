"""From an MLflow signature to features: each input of the ONNX graph gets its columns, or a reason why it cannot."""

from collections.abc import Mapping, Sequence
from typing import Any

from onnx import ModelProto, TensorProto, ValueInfoProto

from functions.domain.contract import Feature, FeatureType
from functions.domain.errors import ModelFolderError
from trimtab.mlflow_model import Column

# What the graph's tensors are, and which of MLflow's types reach them unchanged. MLflow's own server hands a double
# to a graph of floats as a float (mlflow.onnx), and so does Trimtab.
GRAPH_TYPES: Mapping[int, FeatureType] = {
    TensorProto.FLOAT: "float32",
    TensorProto.INT64: "int64",
    TensorProto.BOOL: "bool",
    TensorProto.STRING: "string",
}
TAKEN: Mapping[FeatureType, frozenset[str]] = {
    "float32": frozenset({"float", "double", "float32", "float64"}),
    "int64": frozenset({"integer", "long", "int32", "int64"}),
    "bool": frozenset({"boolean", "bool"}),
    "string": frozenset({"string", "str", "object"}),
}
KINDS: Mapping[str, FeatureType] = {word: kind for kind, words in TAKEN.items() for word in words}
WHY_NOT: Mapping[str, str] = {
    "datetime": "a moment is no number: make it one before the model (seconds since a date, hour of day)",
    "binary": "bytes are no input that a row can hold: send features made of them",
    "array": "a list has no fixed size here: declare it as a tensor [-1, size]",
    "object": "a table in a column is none: give each of its fields a column",
    "map": "a table in a column is none: give each of its keys a column",
    "sparse": "sparse columns are none: declare a tensor [-1, size]",
    "any": "the signature says nothing: log the model with one that names its types (mlflow.models.infer_signature)",
}


def features_of(model: ModelProto, columns: Sequence[Column]) -> tuple[Feature, ...]:
    """The features of a graph whose inputs a signature describes; without a signature, those that the graph declares.

    Raises:
        ModelFolderError: an input is of a type that Trimtab cannot serve, or graph and signature do not go together.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if not columns:
        return tuple(_feature(value, None) for value in inputs)
    if (len(inputs) == 1 and len(columns) > 1) or _one_named_column(inputs, columns):
        return _columns_of_matrix(inputs[0], columns)
    if len(columns) == 1 and len(inputs) == 1:
        return (_feature(inputs[0], columns[0]),)
    by_name = {column.name: column for column in columns}
    names = [value.name for value in inputs]
    if odd := [column for column in columns if column.name not in names]:
        raise ModelFolderError(
            f"the signature has an input {odd[0].shown}, and the ONNX model takes {_listed(names)}: give both the same "
            "names, and log the model again"
        )
    if odd_name := next((name for name in names if name not in by_name), None):
        raise ModelFolderError(
            f"the ONNX model takes an input {odd_name!r} that the signature does not have: it has "
            f"{_listed([column.name or '' for column in columns])}"
        )
    order = {column.name: place for place, column in enumerate(columns)}
    ordered = sorted(inputs, key=lambda value: order[value.name])
    return tuple(_feature(value, by_name[value.name]) for value in ordered)


def _one_named_column(inputs: Sequence[ValueInfoProto], columns: Sequence[Column]) -> bool:
    """One column of a data frame for one input of another name: a matrix of width 1."""
    only = columns[0]
    return len(inputs) == 1 and len(columns) == 1 and only.shape is None and only.name not in (None, inputs[0].name)


def _columns_of_matrix(value: ValueInfoProto, columns: Sequence[Column]) -> tuple[Feature, ...]:
    """Columns that stand side by side in the graph's one matrix of floats, in their order."""
    width = _width(value)
    if any(column.shape is not None for column in columns):
        raise ModelFolderError(
            f"the signature has {len(columns)} tensors, and the ONNX model takes one input, {value.name!r}"
        )
    if value.type.tensor_type.elem_type != TensorProto.FLOAT:
        raise ModelFolderError(
            f"the signature has {len(columns)} columns, and the ONNX model's one input {value.name!r} is "
            f"{_described(value)}: columns go side by side into float [rows, {len(columns)}] alone; export the model "
            "with one input a column"
        )
    if width not in (0, len(columns)):
        raise ModelFolderError(
            f"the signature has {len(columns)} columns, and the ONNX model's input {value.name!r} has {width}"
        )
    features = []
    for column in columns:
        kind = _kind(column)
        if kind == "string":
            raise ModelFolderError(f"column {column.shown} is a string, and the ONNX model takes one matrix of floats")
        if not column.required:
            kind = "float32"  # what may be missing reaches the matrix as NaN
        features.append(Feature(str(column.name), kind, nullable=not column.required))
    return tuple(features)


def _feature(value: ValueInfoProto, column: Column | None) -> Feature:
    """One input of the graph as a feature, whatever else the signature says of it."""
    element = value.type.tensor_type.elem_type
    if element not in GRAPH_TYPES:
        raise ModelFolderError(
            f"the ONNX model's input {value.name!r} is {_described(value)}: Trimtab serves float, int64, bool and "
            "string; export the model with one of these (double as float)"
        )
    kind, size = GRAPH_TYPES[element], _width(value)
    if column is None:
        return Feature(value.name, kind, None if size <= 1 else size)
    if _kind(column) != kind:
        raise ModelFolderError(
            f"the signature says that {column.shown} is {column.type}, and the ONNX model takes {_described(value)}"
        )
    if column.shape is not None:
        size = _checked_size(value, column, size)
    if not column.required and kind not in ("float32", "string"):
        raise ModelFolderError(
            f"the signature says that {column.shown} ({column.type}) may be missing: only floats and strings may; make "
            "it a double, or required"
        )
    return Feature(value.name, kind, None if size <= 1 else size, nullable=not column.required)


def _checked_size(value: ValueInfoProto, column: Column, size: int) -> int:
    shape = column.shape or ()
    if len(shape) > 2 or not shape or shape[0] != -1:
        raise ModelFolderError(
            f"the signature says that {column.shown} has the shape {list(shape)}: Trimtab serves [-1] and [-1, size], "
            "rows first; let the model's graph reshape what has more dimensions"
        )
    declared = shape[1] if len(shape) == 2 else 1
    if declared == -1 and size == 0:
        raise ModelFolderError(
            f"neither the signature nor the ONNX model says how wide {column.shown} is: log it as [-1, size]"
        )
    if declared != -1 and size not in (0, declared):
        raise ModelFolderError(
            f"the signature says that {column.shown} is {declared} wide, and the ONNX model takes {_described(value)}"
        )
    return size if declared == -1 else declared


def _kind(column: Column) -> FeatureType:
    if (column.shape is None and column.type == "object") or column.type not in KINDS:
        why = WHY_NOT.get(column.type, "Trimtab serves double, float, long, integer, boolean and string")
        raise ModelFolderError(f"the signature says that {column.shown} is of type {column.type!r}: {why}")
    return KINDS[column.type]


def _width(value: ValueInfoProto) -> int:
    """The second dimension; 0 where it is free, 1 where there is none."""
    dims: Any = value.type.tensor_type.shape.dim
    return int(dims[1].dim_value) if len(dims) > 1 else 1


def _described(value: ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    dims = ", ".join(str(dim.dim_value or dim.dim_param or "any") for dim in tensor.shape.dim)
    return f"{TensorProto.DataType.Name(tensor.elem_type).lower()} [{dims}]"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
