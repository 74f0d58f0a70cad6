"""A lineage graph in plain text: what a version came of above it, what came of it below, as two trees."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DIGEST = 12  # characters of a digest that are shown; --json has all

Node = Mapping[str, Any]
Neighbours = Mapping[str, Sequence[tuple[str, str]]]  # by node: (what the edge says, the other node)


def tree(document: Mapping[str, Any]) -> str:
    """The graph of `document`: of one version, or of all of a model's, one after the other."""
    nodes = {node["id"]: node for node in document["nodes"]}
    before: dict[str, list[tuple[str, str]]] = {}
    after: dict[str, list[tuple[str, str]]] = {}
    for edge in document["edges"]:
        before.setdefault(edge["to"], []).append((edge["what"], edge["from"]))
        after.setdefault(edge["from"], []).append((edge["what"], edge["to"]))
    if document["version"] is None:
        roots = [name for name, node in nodes.items() if node["kind"] in ("version", "training")]
        return "\n\n".join("\n".join(_one_step(nodes, root, before, after)) for root in roots)
    root = f"version/{document['version']}"
    lines = [_named(nodes[root])]
    for title, neighbours in (("came of", before), ("what came of it", after)):
        lines += ["", title, *(_branches(nodes, root, neighbours) or ("  nothing that is known",))]
    return "\n".join(lines)


def _one_step(nodes: Mapping[str, Node], root: str, before: Neighbours, after: Neighbours) -> Iterator[str]:
    """A node of a model's graph, with what lies next to it."""
    yield _named(nodes[root])
    for what, other in before.get(root, ()):
        yield f"  <- ({what}) {_named(nodes[other])}"
    for what, other in after.get(root, ()):
        yield f"  -> ({what}) {_named(nodes[other])}"


def _branches(nodes: Mapping[str, Node], root: str, neighbours: Neighbours, indent: str = "") -> list[str]:
    found = neighbours.get(root, ())
    lines: list[str] = []
    for place, (what, other) in enumerate(found, start=1):
        last = place == len(found)
        lines.append(f"{indent}{'└─' if last else '├─'} ({what}) {_named(nodes[other])}")
        lines += _branches(nodes, other, neighbours, indent + ("   " if last else "│  "))
    return lines


def _named(node: Node) -> str:
    digest = f"  sha256 {short(node['sha256'])}" if node["sha256"] else ""
    told = ", ".join(_told(node["about"]))
    return f"{node['label']}{f' ({told})' if told else ''}{digest}"


def _told(about: Mapping[str, Any]) -> Iterator[str]:
    """The facts of a node that a line has room for."""
    if about.get("state"):
        yield f"{about['state']}{', live' if about.get('live') else ''}"
    rows = about.get("rows") or (about.get("fit") or {}).get("rows")
    if rows:
        yield f"{rows:,} rows"
    start = about.get("from") or about.get("start")
    if start:
        yield f"{start[:10]} to {end_of(about)[:10]}"
    for name in ("verdict", "started_at", "published_at", "as_of", "by"):
        if about.get(name):
            yield str(about[name])
    checks = about.get("checks")
    if checks:
        yield f"{sum(checks.values())} of {len(checks)} checks passed"
    for reason in about.get("reasons") or ():
        yield str(reason)


def end_of(about: Mapping[str, Any]) -> str:
    """The end of a node's window, or of the last of its windows."""
    return str(about.get("to") or about.get("end") or "")


def about_in_words(node: Node) -> Iterator[str]:
    """All that is known of a node, a line each."""
    if node["sha256"]:
        yield f"sha256: {node['sha256']}"
    for name, value in node["about"].items():
        if value not in (None, {}, []):
            yield f"{name.replace('_', ' ')}: {_in_words(value)}"


def short(digest: str) -> str:
    return digest[:DIGEST]


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(one)}" for name, one in value.items() if one is not None)
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
