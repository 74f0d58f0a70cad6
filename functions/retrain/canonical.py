"""Gives an ONNX graph one canonical form, so that equal models have equal bytes.

Converters name values by counters, sets and random identifiers, and stamp what they write. Here nodes are ordered by
walking back from the outputs, values are numbered in that order, and stamps are dropped; nothing is computed anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto

PRODUCER = "trimtab"


def canonical(model: ModelProto, names: Mapping[str, str] | None = None, reserved: Iterable[str] = ()) -> ModelProto:
    """The same model in canonical form.

    `names` gives values their new names; without it inputs and outputs keep theirs. All other values are numbered, and
    get no name that is in `names` or `reserved`.
    """
    result = ModelProto()
    result.CopyFrom(model)
    result.doc_string = result.producer_version = result.domain = ""
    result.producer_name, result.model_version = PRODUCER, 0
    del result.metadata_props[:]
    opsets = sorted({(opset.domain, opset.version) for opset in result.opset_import})
    del result.opset_import[:]
    for domain, version in opsets:
        result.opset_import.add(domain=domain, version=version)
    graph = result.graph
    outer = {v.name: v.name for v in [*graph.input, *graph.output]} if names is None else names
    _Names({*reserved, *outer.values()}).graph(graph, outer, "model")
    return result


def to_bytes(model: ModelProto) -> bytes:
    """The model's bytes, the same for the same model."""
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Names:
    """Numbers the values of a graph and of the graphs inside it."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._next = 0

    def graph(self, graph: GraphProto, outer: Mapping[str, str], name: str) -> None:
        """Bring `graph` into canonical form; `outer` maps names from around it to their new ones."""
        graph.name, graph.doc_string = name, ""
        del graph.value_info[:], graph.metadata_props[:], graph.quantization_annotation[:]
        names = dict(outer)
        for value in graph.input:
            value.name = self._renamed(value.name, names)
        nodes = _ordered(graph)
        for node in nodes:
            for index, used in enumerate(node.input):
                node.input[index] = self._renamed(used, names)
            for index, made in enumerate(node.output):
                node.output[index] = self._renamed(made, names)
            node.name, node.doc_string = "", ""
            del node.metadata_props[:]
            attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
            for attribute in attributes:
                for inner in _graphs(attribute):
                    self._inner(inner, names)
            _replace(node.attribute, attributes)
        for value in graph.output:
            value.name = self._renamed(value.name, names)
        _replace(graph.node, nodes)
        self._initializers(graph, names)

    def _inner(self, graph: GraphProto, names: dict[str, str]) -> None:
        """An inner graph: what it takes from around it is named before its own values are."""
        for free in _free(graph):
            self._renamed(free, names)
        own = {value.name for value in graph.input} | _made(graph) | {tensor.name for tensor in graph.initializer}
        self.graph(graph, {old: new for old, new in names.items() if old not in own}, "inner")

    def _initializers(self, graph: GraphProto, names: Mapping[str, str]) -> None:
        """Those in use, in the order of their new names."""
        used = [tensor for tensor in graph.initializer if tensor.name in names]
        for tensor in used:
            tensor.name, tensor.doc_string = names[tensor.name], ""
        _replace(graph.initializer, sorted(used, key=lambda tensor: (len(tensor.name), tensor.name)))
        sparse = [tensor for tensor in graph.sparse_initializer if tensor.values.name in names]
        for tensor in sparse:
            tensor.values.name = names[tensor.values.name]
        _replace(
            graph.sparse_initializer, sorted(sparse, key=lambda tensor: (len(tensor.values.name), tensor.values.name))
        )

    def _renamed(self, name: str, names: dict[str, str]) -> str:
        if not name:  # an optional input that is not given
            return name
        if name not in names:
            while f"v{self._next}" in self._taken:
                self._next += 1
            names[name] = f"v{self._next}"
            self._next += 1
        return names[name]


def _ordered(graph: GraphProto) -> list[NodeProto]:
    """Copies of the nodes that the outputs need, each after those that it needs; only the graph's shape decides."""
    maker = {made: node_index for node_index, node in enumerate(graph.node) for made in node.output if made}
    done: dict[int, NodeProto] = {}
    stack = [(value.name, False) for value in reversed(graph.output)]
    while stack:
        name, ready = stack.pop()
        index = maker.get(name)
        if index is None or index in done:
            continue
        if ready:
            done[index] = NodeProto()
            done[index].CopyFrom(graph.node[index])
            continue
        stack.append((name, True))
        stack.extend((needed, False) for needed in reversed(_needs(graph.node[index])))
    return list(done.values())


def _needs(node: NodeProto) -> list[str]:
    inner = [free for attribute in _by_name(node) for graph in _graphs(attribute) for free in _free(graph)]
    return [name for name in [*node.input, *inner] if name]


def _by_name(node: NodeProto) -> list[AttributeProto]:
    return sorted(node.attribute, key=lambda attribute: attribute.name)


def _graphs(attribute: AttributeProto) -> list[GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _made(graph: GraphProto) -> set[str]:
    return {made for node in graph.node for made in node.output}


def _free(graph: GraphProto) -> list[str]:
    """Names that an inner graph takes from around it, in the order of use."""
    own = {value.name for value in graph.input} | _made(graph) | {tensor.name for tensor in graph.initializer}
    used = [name for node in _ordered(graph) for name in _needs(node)] + [value.name for value in graph.output]
    return list(dict.fromkeys(name for name in used if name and name not in own))


def _replace[Message: AttributeProto | NodeProto | TensorProto | SparseTensorProto](
    field: Any, messages: Sequence[Message]
) -> None:
    copies = [type(message).FromString(message.SerializeToString()) for message in messages]
    del field[:]
    field.extend(copies)
