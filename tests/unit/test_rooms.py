"""Imports point inward, and each function keeps to its own room."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
SHARED = {"domain", "adapters"}
ROOMS = sorted(folder.name for folder in FUNCTIONS.iterdir() if (folder / "__init__.py").is_file())


def imported(room: str) -> Iterator[tuple[str, str]]:
    """File and dotted name of each import in a room."""
    for path in sorted((FUNCTIONS / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                module = node.module or ""
                # `from functions.domain import errors` names a module too
                yield from ((path.name, f"{module}.{alias.name}") for alias in node.names)


def test_the_walk_finds_the_rooms() -> None:
    assert {"domain", "adapters", "predict", "ingest", "roll_out"} <= set(ROOMS)
    assert any(name.startswith("functions.domain.") for _, name in imported("predict"))


def test_the_domain_imports_nothing_but_the_standard_library_and_numpy() -> None:
    allowed = sys.stdlib_module_names | {"numpy"}
    for file, name in imported("domain"):
        assert name.partition(".")[0] in allowed or name.startswith("functions.domain."), f"{file} imports {name}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_of_our_own_code_itself_and_what_lies_further_in(room: str) -> None:
    inward = {"domain": {"domain"}, "adapters": SHARED}.get(room, {room, *SHARED})
    for file, name in imported(room):
        parts = name.split(".")
        if parts[0] == "functions":
            assert parts[1] in inward, f"{room}/{file} imports {name}"
            assert "handler" not in parts, f"{room}/{file} imports a handler"
        assert parts[0] not in {"trimtab", "infra", "bench", "tests", "app"}, f"{room}/{file} imports {name}"
