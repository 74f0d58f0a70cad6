"""How assets are built: the same wherever it is done, once, side by side, and with a clear word where it fails."""

import concurrent.futures
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.domain.errors import MisconfiguredError
from infra import asset_cache, function_code
from tests.infra.conftest import ROOT


@pytest.fixture(params=["bootstrap", "evaluate", "ingest", "predict", "roll_out"])
def verb(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def asset(verb: str) -> Path:
    """The asset for Lambda, from the project's cache."""
    return function_code.build(verb)


@pytest.fixture
def odd_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("odd_umask")
def test_built_from_scratch_elsewhere_it_is_the_same_to_the_byte(verb: str, asset: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another" / "checkout"
    shutil.copytree(ROOT / "functions", elsewhere / "functions")  # new times, and modes by the umask
    again = function_code.build(verb, root=elsewhere, cache=tmp_path / "cache")
    assert again != asset
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(asset.read_bytes()).hexdigest()
    assert again.name == asset.name


def test_what_is_built_is_not_built_again(asset: Path, verb: str) -> None:
    before = asset.stat().st_mtime_ns
    start = time.perf_counter()
    assert function_code.build(verb) == asset
    assert time.perf_counter() - start < 2
    assert asset.stat().st_mtime_ns == before


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project with one function that needs no library."""
    for name, text in {
        "functions/__init__.py": "",
        "functions/act/__init__.py": "",
        "functions/act/handler.py": "def handler(event, context):\n    return 1\n",
        "functions/act/requirements.txt": "# nothing\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_an_asset_changes_with_its_own_files_and_with_no_other(small: Path) -> None:
    def content() -> str:
        return function_code.function_code("act", root=small, cache=small / "cache").content

    first = content()
    (small / "functions" / "act" / "unused.py").write_text("x = 1\n")
    assert content() == first
    (small / "functions" / "act" / "handler.py").write_text("def handler(event, context):\n    return 2\n")
    assert content() != first


def test_builds_side_by_side_do_not_meet(small: Path) -> None:
    def build(_: int) -> bytes:
        return function_code.build("act", root=small, cache=small / "cache").read_bytes()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(build, range(8)))) == 1
    assert not list((small / "cache").glob(".building-*"))


def test_the_cache_keeps_a_few_zips_of_each_function(small: Path) -> None:
    for number in range(asset_cache.KEPT + 2):
        (small / "functions" / "act" / "handler.py").write_text(f"NUMBER = {number}\n")
        newest = function_code.build("act", root=small, cache=small / "cache")
    kept = list((small / "cache").glob("act-*.zip"))
    assert len(kept) == asset_cache.KEPT
    assert newest in kept


def test_a_package_that_does_not_exist_is_said_in_one_line(small: Path) -> None:
    (small / "functions" / "act" / "requirements.txt").write_text("numpy==0.0.1\n")
    with pytest.raises(MisconfiguredError, match=r"uv can't install .*act/requirements\.txt: .*numpy") as raised:
        function_code.build("act", root=small, cache=small / "cache")
    assert "\n" not in str(raised.value)
    assert not list((small / "cache").glob("*.zip"))


def test_a_function_must_say_what_it_ships(small: Path) -> None:
    (small / "functions" / "act" / "requirements.txt").unlink()
    with pytest.raises(MisconfiguredError, match=r"functions/act/requirements\.txt is missing"):
        function_code.build("act", root=small, cache=small / "cache")
