"""A directed graph that is put together piece by piece; each node and each edge is in it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["data", "code", "snapshot", "training", "gate", "version", "release", "rollout", "predictions"]
Document = dict[str, Any]


@dataclass(slots=True)
class Graph:
    """Nodes by their id, in the order in which they came; edges as (from, to, what)."""

    _nodes: dict[str, Document] = field(default_factory=dict)
    _edges: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def add(
        self, node: str, kind: Kind, label: str, sha256: str | None = None, about: Mapping[str, Any] | None = None
    ) -> str:
        """The node's id; one that is there already stays as it is."""
        told = {"id": node, "kind": kind, "label": label, "sha256": sha256, "about": dict(about or {})}
        self._nodes.setdefault(node, told)
        return node

    def join(self, source: str, target: str, what: str) -> None:
        self._edges[source, target, what] = None

    def has(self, node: str) -> bool:
        return node in self._nodes

    def to_document(self) -> Document:
        """Edges of which an end is not in the graph are left out: a version before the oldest one that is told of."""
        edges = [e for e in self._edges if e[0] in self._nodes and e[1] in self._nodes]
        return {
            "nodes": list(self._nodes.values()),
            "edges": [{"from": source, "to": target, "what": what} for source, target, what in edges],
        }
