"""Which of our own files a function ships: exactly what its handler imports, found by walking the imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

from functions.domain.errors import MisconfiguredError

PACKAGE = "functions"
# What may lie in a function's folder and stays there: it is for people and for the build.
_NOT_SHIPPED = {"requirements.txt", "README.md"}


def own_files(root: Path, verb: str) -> dict[str, Path]:
    """Our files in the asset of `functions/<verb>`, by their path in it.

    The handler's module, each module of `functions` that it imports, directly or through others, and the packages that
    they lie in; and the data files of the function's own folder. Imports under `if TYPE_CHECKING:` don't count. A
    module that is named only in a string isn't found: the tests import each handler from its asset to notice that.

    Raises:
        MisconfiguredError: the function has no handler.py.
    """
    handler = root / PACKAGE / verb / "handler.py"
    if not handler.is_file():
        raise MisconfiguredError(f"functions/{verb}/handler.py is missing: each function's folder has one")
    found: set[Path] = set()
    waiting = [handler]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.update((path, *_packages(root, path)))
            waiting.extend(_imported(root, path))
    files = found | set(_data_files(handler.parent))
    return {path.relative_to(root).as_posix(): path for path in sorted(files)}


def _packages(root: Path, path: Path) -> Iterator[Path]:
    for folder in path.relative_to(root).parents:
        package = root / folder / "__init__.py"
        if folder != Path() and package.is_file():
            yield package


def _data_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix != ".py" and not hidden and path.name not in _NOT_SHIPPED:
            yield path


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
