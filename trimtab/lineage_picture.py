"""A lineage graph as a picture: one SVG that needs nothing else, and tells in words what it shows."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from functions.evaluate.page.markup import Html, join, shortened, tag
from trimtab.lineage_layout import Layout, layout
from trimtab.lineage_text import about_in_words, end_of, short

WIDTH, HEIGHT = 184, 62  # of a node's box
GAP_X, GAP_Y, MARGIN = 24, 46, 12
LONGEST = 24  # characters of a line

STYLE = """
svg.lineage{font:12px/1.3 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;--ink:#1b1f24;--soft:#59636e;--box:#fff;
--rule:#9aa5b1;--data:#6b7280;--made:#b45309;--kept:#1863d6;--served:#1a7f37}
@media (prefers-color-scheme:dark){svg.lineage{--ink:#e6eaef;--soft:#9aa5b1;--box:#171c23;--rule:#59636e;--data:#9aa5b1;
--made:#f0a04b;--kept:#58a6ff;--served:#4cc46a}}
@media print{svg.lineage{--ink:#000;--soft:#444;--box:#fff;--rule:#888;--data:#555;--made:#b45309;--kept:#1863d6;
--served:#1a7f37}}
.lineage text{fill:var(--ink)}.lineage .soft{fill:var(--soft);font-size:11px}.lineage .name{font-weight:600}
.lineage .paper{fill:var(--box);stroke:none}.lineage g rect{fill:var(--box);stroke:var(--rule);stroke-width:1.2}
.lineage .edge{fill:none;stroke:var(--rule);stroke-width:1.3}.lineage .tip{fill:var(--rule);stroke:none}
.lineage .what{fill:var(--soft);font-size:10.5px;stroke:var(--box);stroke-width:3px;paint-order:stroke}
.lineage .data rect,.lineage .snapshot rect,.lineage .code rect{stroke:var(--data)}
.lineage .training rect,.lineage .gate rect{stroke:var(--made)}.lineage .version rect{stroke:var(--kept);stroke-width:2}
.lineage .release rect,.lineage .rollout rect,.lineage .predictions rect{stroke:var(--served)}
.lineage .data rect,.lineage .code rect{stroke-dasharray:4 3}
"""

Node = Mapping[str, Any]


def picture(graph: Mapping[str, Any], title: str, alone: bool = True) -> Html:
    """The graph's SVG; `alone` for a file of its own, else for a page, which brings STYLE.

    Raises:
        ValueError: the graph has a cycle.
    """
    nodes: Sequence[Node] = graph["nodes"]
    edges: Sequence[Mapping[str, str]] = graph["edges"]
    found = layout([node["id"] for node in nodes], [(edge["from"], edge["to"]) for edge in edges])
    width = round(found.width * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN)
    height = found.layers * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    told = (
        f"{title}: {len(nodes)} nodes, {len(edges)} edges. The same as text: the table beside it, or `trimtab lineage`."
    )
    return tag(
        "svg",
        tag("title", title),
        tag("desc", told),
        tag("style", Html(STYLE)) if alone else None,
        tag("rect", class_="paper", width=width, height=height),
        *(_edge(edge, found) for edge in edges),
        *(_what(edge, found, _label_place(edge, edges)) for edge in edges),
        *(_box(node, found) for node in nodes),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        class_="lineage",
        role="img",
        aria_label=title,
    )


def _box(node: Node, found: Layout) -> Html:
    """A node: what it is, when or how much, and its digest. Who points at it reads all that is known of it."""
    left, top = _corner(found.places[node["id"]])
    lines = [shortened(node["label"], LONGEST), *_lines(node)]
    kinds = ("name", "soft", "soft")
    texts = (
        tag("text", line, class_=kind, x=left + 10, y=top + 20 + 16 * place)
        for place, (line, kind) in enumerate(zip(lines, kinds, strict=False))
    )
    whole = "\n".join((f"{node['kind']}: {node['label']}", *about_in_words(node)))
    return tag(
        "g",
        tag("title", whole),
        tag("rect", x=left, y=top, width=WIDTH, height=HEIGHT, rx=7),
        *texts,
        class_=node["kind"],
    )


def _lines(node: Node) -> list[str]:
    """At most two lines below a node's name."""
    about, lines = node["about"], list[str]()
    for said in (_when(about), _how_much(about)):
        if said and said[:10] not in node["label"]:
            lines.append(shortened(said, LONGEST))
    if node["sha256"]:
        lines.append(f"{'code' if node['kind'] == 'release' else 'sha256'} {short(node['sha256'])}")
    return lines[:2]


def _when(about: Mapping[str, Any]) -> str | None:
    if about.get("registered_at") and about.get("state"):
        return f"{about['state']}{', live' if about.get('live') else ''}"
    start = about.get("from") or about.get("start")
    if start:
        return f"{start[:10]} to {end_of(about)[:10]}"
    moment = next(
        (about[name] for name in ("started_at", "published_at", "as_of", "registered_at") if about.get(name)), None
    )
    return None if moment is None else moment[:16].replace("T", " ")


def _how_much(about: Mapping[str, Any]) -> str | None:
    if about.get("hosted"):
        return f"hosted {about['hosted']}"
    if about.get("verdict"):
        return f"verdict {about['verdict']}"
    rows = about.get("rows") or (about.get("fit") or {}).get("rows")
    if rows:
        return f"{rows:,} rows"
    checks = about.get("checks")
    return f"{sum(checks.values())} of {len(checks)} checks passed" if checks else None


def _edge(edge: Mapping[str, str], found: Layout) -> Html:
    """A curve from the lower side of a node to the upper side of another, through the gaps of the layers between."""
    points = _points(edge, found)
    path = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (y1 + y2) / 2
        path.append(f"C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}")
    x, y = points[-1]
    tip = tag("path", class_="tip", d=f"M{x:g} {y:g}l-4 -7h8z")
    return join((tag("path", class_="edge", d="".join(path)), tip))


def _label_place(edge: Mapping[str, str], edges: Sequence[Mapping[str, str]]) -> float:
    """Where along its edge a label is alone: near the end that the fewest edges share."""
    leaving = sum(one["from"] == edge["from"] for one in edges)
    arriving = sum(one["to"] == edge["to"] for one in edges)
    return 0.5 if leaving == arriving > 1 else 0.25 if arriving > leaving else 0.7


def _what(edge: Mapping[str, str], found: Layout, along: float) -> Html:
    """What an edge says, on its last stretch or, where that is crowded, on its first."""
    points = _points(edge, found)
    (x1, y1), (x2, y2) = points[:2] if along < 0.5 else points[-2:]
    bend = along * along * (3 - 2 * along)  # as the curve goes: slowly at both ends
    x, y = round(x1 + (x2 - x1) * bend, 1), round(y1 + (y2 - y1) * along + 4, 1)
    return tag("text", edge["what"], class_="what", x=x, y=y, text_anchor="middle")


def _points(edge: Mapping[str, str], found: Layout) -> list[tuple[float, float]]:
    source, target = _corner(found.places[edge["from"]]), _corner(found.places[edge["to"]])
    through = [_corner(place) for place in found.ways[edge["from"], edge["to"]]]
    half = WIDTH / 2
    passed = [point for x, y in through for point in ((x + half, y), (x + half, y + HEIGHT))]
    return [(source[0] + half, source[1] + HEIGHT), *passed, (target[0] + half, target[1])]


def _corner(place: tuple[int, float]) -> tuple[float, float]:
    layer, x = place
    return round(MARGIN + x * (WIDTH + GAP_X), 1), float(MARGIN + layer * (HEIGHT + GAP_Y))
