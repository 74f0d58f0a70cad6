"""Where a graph's trees split, as values of the model's own features: there a conversion shows its faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, ModelProto, NodeProto, numpy_helper

from functions.domain.contract import Feature

TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a column of some tensor comes from: feature `name`, element `element`; column = value * scale + offset."""

    name: str
    element: int
    scale: float = 1.0
    offset: float = 0.0

    def back(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The feature's values at which the column has `values`."""
        return (values - self.offset) / self.scale


Columns = list[Origin | None] | None  # None: computed in a way not followed; an entry None: a category's code


def split_values(model: ModelProto, features: Sequence[Feature]) -> dict[tuple[str, int], NDArray[np.float64]]:
    """The sorted thresholds of all tree nodes by (feature, element), as far as they can be traced back to a feature."""
    tracer = _Tracer(model, features)
    found: dict[tuple[str, int], set[float]] = {}
    for node in model.graph.node:
        if node.op_type not in TREES:
            continue
        for column, thresholds in _splits(node).items():
            origin = tracer.origin(node.input[0], column)
            if origin is not None:
                values = origin.back(thresholds)
                found.setdefault((origin.name, origin.element), set()).update(values[np.isfinite(values)].tolist())
    return {key: np.array(sorted(values)) for key, values in sorted(found.items())}


def reaches_trees_rescaled(model: ModelProto, features: Sequence[Feature]) -> bool:
    """Whether a tree splits on numbers computed from features: not on features themselves, nor on categories' codes."""
    tracer = _Tracer(model, features)
    for node in model.graph.node:
        if node.op_type in TREES:
            columns = tracer.columns(node.input[0])
            if columns is None or any(o is not None and (o.scale, o.offset) != (1.0, 0.0) for o in columns):
                return True
    return False


def _splits(node: NodeProto) -> dict[int, NDArray[np.float64]]:
    """Thresholds by column of the tree's input matrix."""
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    columns = np.array(attributes["nodes_featureids"])
    if node.op_type == "TreeEnsemble":
        thresholds = numpy_helper.to_array(attributes["nodes_splits"]).astype(np.float64)
        branches = np.ones(len(columns), dtype=bool)
    else:
        thresholds = np.array(attributes["nodes_values"], dtype=np.float64)
        branches = np.array([mode != b"LEAF" for mode in attributes["nodes_modes"]])
    return {int(c): np.unique(thresholds[branches & (columns == c)]) for c in np.unique(columns[branches])}


class _Tracer:
    """Follows columns back through the operators that place, copy or rescale them."""

    def __init__(self, model: ModelProto, features: Sequence[Feature]) -> None:
        self._maker: Mapping[str, NodeProto] = {made: node for node in model.graph.node for made in node.output}
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._columns: dict[str, Columns] = {
            f.name: [None if f.type == "string" else Origin(f.name, i) for i in range(f.size or 1)] for f in features
        }

    def origin(self, name: str, column: int) -> Origin | None:
        columns = self.columns(name)
        return columns[column] if columns is not None and column < len(columns) else None

    def columns(self, name: str) -> Columns:
        if name not in self._columns:
            node = self._maker.get(name)
            self._columns[name] = None if node is None else self._through(node)
        return self._columns[name]

    def _through(self, node: NodeProto) -> Columns:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        match node.op_type:
            case "Cast" | "Identity" | "Imputer" | "Reshape" | "Flatten":
                return self.columns(node.input[0])
            case "LabelEncoder" | "CategoryMapper":
                columns = self.columns(node.input[0])
                return None if columns is None else [None] * len(columns)
            case "OneHotEncoder":
                return self._one_hot(node, attributes)
            case "Concat" | "FeatureVectorizer":
                parts = [self.columns(name) for name in node.input]
                return None if any(part is None for part in parts) else [o for part in parts for o in part or []]
            case "ArrayFeatureExtractor":
                return self._picked(node)
            case "Scaler":
                offsets, scales = list(attributes["offset"].floats), list(attributes["scale"].floats)
                return self._rescaled(node, np.array(scales), -np.array(offsets) * np.array(scales))
            case "Sub" | "Div" | "Mul" | "Add":
                return self._arithmetic(node)
        return None

    def _one_hot(self, node: NodeProto, attributes: Mapping[str, AttributeProto]) -> Columns:
        columns = self.columns(node.input[0])
        count = max(len(attributes[name].ints or attributes[name].strings) for name in attributes if "cats" in name)
        return None if columns is None else [None] * (len(columns) * count)

    def _constant(self, name: str) -> NDArray[Any] | None:
        tensor = self._constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def _picked(self, node: NodeProto) -> Columns:
        columns, index = self.columns(node.input[0]), self._constant(node.input[1])
        return None if columns is None or index is None else [columns[int(i)] for i in index.reshape(-1)]

    def _rescaled(self, node: NodeProto, scale: NDArray[Any], offset: NDArray[Any]) -> Columns:
        columns = self.columns(node.input[0])
        if columns is None:
            return None
        scales, offsets = (
            np.broadcast_to(scale.reshape(-1), len(columns)),
            np.broadcast_to(offset.reshape(-1), len(columns)),
        )
        return [
            None
            if o is None or s == 0
            else Origin(o.name, o.element, o.scale * float(s), o.offset * float(s) + float(b))
            for o, s, b in zip(columns, scales, offsets, strict=True)
        ]

    def _arithmetic(self, node: NodeProto) -> Columns:
        """A column and a constant, in this order."""
        constant = self._constant(node.input[1])
        if constant is None or constant.size not in (1, len(self.columns(node.input[0]) or [])):
            return None
        constant = constant.astype(np.float64)
        with np.errstate(divide="ignore"):
            scale = {"Mul": constant, "Div": 1 / constant}.get(node.op_type, np.ones_like(constant))
        offset = {"Add": constant, "Sub": -constant}.get(node.op_type, np.zeros_like(constant))
        return self._rescaled(node, scale, offset)
