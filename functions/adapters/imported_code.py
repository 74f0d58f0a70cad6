"""Which of our own modules a module needs, found by walking the imports in its text."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "functions"


def imported_files(root: Path, start: Path) -> set[Path]:
    """`start`, and each module of `functions` below `root` that it imports, directly or through others.

    Imports under `if TYPE_CHECKING:` don't count. A module that is named only in a string isn't found.
    """
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(root, path))
    return found


def _imported(root: Path, path: Path) -> Iterator[Path]:
    """The files of `functions` that the module at `path` imports, wherever in its text it does so."""
    package = path.parent.relative_to(root).parts
    for node in _statements(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            yield from _module(root, base)
            for alias in node.names:
                yield from _module(root, [*base, alias.name])


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `node` but the bodies of `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for otherwise in child.orelse:
                yield otherwise
                yield from _statements(otherwise)
        else:
            yield child
            yield from _statements(child)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _module(root: Path, parts: list[str]) -> Iterator[Path]:
    """The file of a dotted name; nothing where it isn't ours or names something inside a module."""
    if not parts or parts[0] != PACKAGE:
        return
    place = root.joinpath(*parts)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            yield path
