"""The walk from a handler to the files that its function ships."""

from pathlib import Path

import pytest

from functions.domain.errors import MisconfiguredError
from infra.own_code import own_files


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / "functions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Packages, and modules that nothing imports."""
    write(
        tmp_path,
        {
            "__init__.py": "",
            "act/__init__.py": "",
            "act/unused.py": "",
            "act/requirements.txt": "",
            "domain/__init__.py": "",
            "domain/used.py": "",
            "domain/unused.py": "",
            "adapters/__init__.py": "",
            "adapters/store.py": "from functions.domain.used import thing",
        },
    )
    return tmp_path


PACKAGES = {"functions/__init__.py", "functions/act/__init__.py", "functions/act/handler.py"}
DOMAIN = {"functions/domain/__init__.py", "functions/domain/used.py"}
STORE = {"functions/adapters/__init__.py", "functions/adapters/store.py"}


@pytest.mark.parametrize(
    ("handler", "shipped"),
    [
        ("import json", set()),
        ("import functions.domain.used", DOMAIN),
        ("from functions.domain import used", DOMAIN),
        ("from functions.domain.used import thing as other", DOMAIN),
        ("from ..domain import used", DOMAIN),
        ("from ..domain.used import thing", DOMAIN),
        ("from functions.adapters import store", DOMAIN | STORE),
        ("def handler():\n    from functions.domain import used", DOMAIN),
        ("try:\n    import functions.domain.used\nexcept ImportError:\n    pass", DOMAIN),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from functions.domain import unused", set()),
        ("import typing\nif typing.TYPE_CHECKING:\n    pass\nelse:\n    from functions.domain import used", DOMAIN),
    ],
)
def test_a_function_ships_what_its_handler_imports(root: Path, handler: str, shipped: set[str]) -> None:
    write(root, {"act/handler.py": handler})
    assert set(own_files(root, "act")) == PACKAGES | shipped


def test_modules_that_import_each_other_are_shipped_once(root: Path) -> None:
    write(root, {"act/handler.py": "from functions.act import one", "act/one.py": "from functions.act import handler"})
    assert set(own_files(root, "act")) == PACKAGES | {"functions/act/one.py"}


def test_data_beside_the_handler_are_shipped_but_not_what_is_for_people(root: Path) -> None:
    write(
        root,
        {
            "act/handler.py": "",
            "act/words.json": "{}",
            "act/README.md": "",
            "act/.DS_Store": "",
            "act/__pycache__/handler.cpython-313.pyc": "",
        },
    )
    assert set(own_files(root, "act")) == PACKAGES | {"functions/act/words.json"}


def test_a_folder_without_a_handler_is_an_error(root: Path) -> None:
    with pytest.raises(MisconfiguredError, match=r"functions/act/handler\.py is missing"):
        own_files(root, "act")
