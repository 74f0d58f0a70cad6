"""Where the nodes of a graph lie: in layers from top to bottom, each edge downwards, few of them crossing.

Sugiyama, Tagawa and Toda 1981, Methods for Visual Understanding of Hierarchical System Structures (IEEE SMC 11(2)):
layers by the longest way, a way point in each layer that an edge passes, order by the mean place of the neighbours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 6  # down and up again; more changes nothing in graphs of this size

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """`places` is by node: (layer, x) with x in widths of a node; `ways` by edge: the points that it passes between."""

    places: Mapping[str, tuple[int, float]]
    ways: Mapping[Edge, Sequence[tuple[int, float]]]

    @property
    def layers(self) -> int:
        return 1 + max((layer for layer, _ in self.places.values()), default=0)

    @property
    def width(self) -> float:
        return 1 + max((x for _, x in self.places.values()), default=0.0)


def layout(nodes: Sequence[str], edges: Iterable[Edge]) -> Layout:
    """Layers and places of a graph without cycles.

    Raises:
        ValueError: there is a cycle, or an edge of a node that is not there.
    """
    edges = list(dict.fromkeys(edges))
    layer = _layers(nodes, edges)
    rows: list[list[str]] = [[] for _ in range(1 + max(layer.values(), default=0))]
    for node in nodes:
        rows[layer[node]].append(node)
    steps, ways = list[Edge](), dict[Edge, list[str]]()
    for edge in edges:
        passed = [f"{edge[0]}\0{edge[1]}\0{at}" for at in range(layer[edge[0]] + 1, layer[edge[1]])]
        for at, point in enumerate(passed, start=layer[edge[0]] + 1):
            rows[at].append(point)
        ways[edge] = passed
        chain = [edge[0], *passed, edge[1]]
        steps += list(pairwise(chain))
    x = _ordered(rows, steps)
    places = {node: (layer[node], x[node]) for node in nodes}
    way_places = {
        edge: [(layer[edge[0]] + 1 + at, x[point]) for at, point in enumerate(points)] for edge, points in ways.items()
    }
    return Layout(places, way_places)


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The longest way to each node from above; then each as far down as what comes of it lets it."""
    known = set(nodes)
    above: dict[str, list[str]] = {node: [] for node in nodes}
    below: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        if source not in known or target not in known:
            raise ValueError(f"an edge from {source} to {target}, and one of them is no node")
        above[target].append(source)
        below[source].append(target)
    layer: dict[str, int] = {}
    order: list[str] = []
    waiting = {node: len(above[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    while ready:
        node = ready.pop(0)
        layer[node] = 1 + max((layer[one] for one in above[node]), default=-1)
        order.append(node)
        for one in below[node]:
            waiting[one] -= 1
            if not waiting[one]:
                ready.append(one)
    if len(order) < len(nodes):
        raise ValueError("the graph has a cycle")
    for node in reversed(order):
        if below[node]:
            layer[node] = min(layer[one] for one in below[node]) - 1
    return layer


def _ordered(rows: list[list[str]], steps: Sequence[Edge]) -> dict[str, float]:
    """The place of each node in its row: rows are sorted by where their neighbours lie, down and up in turn."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for source, target in steps:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    x = {node: float(place) for row in rows for place, node in enumerate(row)}
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for row in rows if down else rows[::-1]:
            wished = {node: _mean([x[one] for one in neighbours.get(node, ())], x[node]) for node in row}
            row.sort(key=lambda node: (wished[node], x[node]))
            _place(row, wished, x)
    left = min(x.values(), default=0.0)
    return {node: place - left for node, place in x.items()}


def _place(row: Sequence[str], wished: Mapping[str, float], x: dict[str, float]) -> None:
    """Each node where it wishes to be, or next to its left neighbour; the row then moves to the mean of its wishes."""
    at = float("-inf")
    for node in row:
        at = max(wished[node], at + 1)
        x[node] = at
    off = _mean([wished[node] - x[node] for node in row], 0.0)
    for node in row:
        x[node] += off


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
