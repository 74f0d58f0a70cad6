"""Where nodes of a graph lie: below what they come of, beside each other, edges straight where they can be."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.lineage_layout import layout


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    """Graphs without cycles: each edge leads from an earlier node to a later one."""
    nodes = [f"n{number}" for number in range(draw(st.integers(1, 10)))]
    known = list(combinations(nodes, 2))
    return nodes, draw(st.lists(st.sampled_from(known), max_size=15)) if known else []


@given(graphs())
def test_every_edge_leads_downwards_through_one_point_in_each_layer_that_it_passes(
    graph: tuple[list[str], list[tuple[str, str]]],
) -> None:
    nodes, edges = graph
    found = layout(nodes, edges)
    for source, target in edges:
        way = [found.places[source], *found.ways[source, target], found.places[target]]
        assert [below[0] - above[0] for above, below in pairwise(way)] == [1] * (len(way) - 1)


@given(graphs())
def test_nothing_lies_upon_anything_else(graph: tuple[list[str], list[tuple[str, str]]]) -> None:
    nodes, edges = graph
    found = layout(nodes, edges)
    points = [*found.places.values(), *(point for way in found.ways.values() for point in way)]
    for one, other in combinations(points, 2):
        assert one[0] != other[0] or abs(one[1] - other[1]) >= 1 - 1e-9
    assert min(x for _, x in points) == pytest.approx(0)
    assert found.layers == 1 + max(layer for layer, _ in points)


def test_a_chain_is_a_straight_line() -> None:
    found = layout(["a", "b", "c"], [("a", "b"), ("b", "c")])
    assert found.places == {"a": (0, 0.0), "b": (1, 0.0), "c": (2, 0.0)}
    assert (found.layers, found.width) == (3, 1.0)


def test_a_node_lies_right_above_what_comes_of_it() -> None:
    assert layout(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")]).places["late"][0] == 1


def test_two_chains_do_not_cross() -> None:
    places = layout(["a", "b", "x", "y"], [("a", "y"), ("b", "x")]).places
    assert (places["a"][1] < places["b"][1]) == (places["y"][1] < places["x"][1])


def test_a_cycle_and_an_edge_to_nowhere_are_errors() -> None:
    with pytest.raises(ValueError, match="cycle"):
        layout(["a", "b"], [("a", "b"), ("b", "a")])
    with pytest.raises(ValueError, match="one of them is no node"):
        layout(["a"], [("a", "b")])


def test_an_empty_graph_has_no_places() -> None:
    assert layout([], []).places == {}
