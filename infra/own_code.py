"""Which of our own files a function ships: exactly what its handler imports, found by walking the imports."""

from collections.abc import Iterator
from pathlib import Path

from functions.adapters.imported_code import PACKAGE, imported_files
from functions.domain.errors import MisconfiguredError

# What may lie in a function's folder and stays there: it is for people and for the build.
_NOT_SHIPPED = {"requirements.txt", "README.md", "Dockerfile"}


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
    modules = imported_files(root, handler)
    found = modules | {package for path in modules for package in _packages(root, path)}
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
