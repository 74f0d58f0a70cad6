"""The zip of each function: its pinned libraries, trimmed and compiled, and of our own code what its handler imports.

This is the only place that knows what lies in an asset. A zip's bytes depend on nothing but what lies in it. Both
halves are cached under `.build/assets/`, named by a digest of all that goes in, so a change to our own code costs no
download and no compression of the libraries.
"""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import MisconfiguredError
from infra import dependencies, deterministic_zip, own_code
from infra.dependencies import Platform

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / ".build" / "assets"

KEPT = 4  # zips of one function and platform in the cache: branches come and go

# Which of AWS's services botocore can talk to in a function's asset; predict has no botocore at all.
SERVICES: dict[str, tuple[str, ...]] = {
    "bootstrap": ("dynamodb", "lambda"),
    "compact": ("dynamodb", "logs", "s3"),
    "evaluate": ("cloudwatch", "dynamodb", "events", "s3"),
    "gate": ("dynamodb", "events", "s3"),
    "ingest": ("dynamodb",),
    "snapshot": ("dynamodb", "s3", "stepfunctions"),
    "roll_out": ("dynamodb", "lambda", "s3"),
}


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """A function's zip. `content` is the SHA-256 of what lies in it, the same on every machine that builds it."""

    path: Path
    content: str


def build(verb: str, built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS) -> Path:
    """The zip of `functions/<verb>`, built if it isn't in the cache. Safe to run beside itself.

    Raises:
        MisconfiguredError: the folder has no handler.py or no requirements.txt, or a pinned package can't be installed.
    """
    return function_code(verb, built_for, root=root, cache=cache).path


def function_code(
    verb: str, built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS
) -> FunctionCode:
    """As `build`, with the digest of what lies in the zip."""
    libraries = _libraries(verb, built_for, root, cache)
    own = own_code.own_files(root, verb)
    key = _digest([libraries.content, deterministic_zip.content_digest(own), *_builder()])
    name = f"{verb}-{built_for}-{key}"
    return _cached(cache, name) or _assemble(verb, libraries, own, cache, name)


def _libraries(verb: str, built_for: Platform, root: Path, cache: Path) -> FunctionCode:
    requirements = root / "functions" / verb / "requirements.txt"
    if not requirements.is_file():
        raise MisconfiguredError(f"functions/{verb}/requirements.txt is missing: it pins what the function ships")
    services = SERVICES.get(verb, ())
    key = _digest([requirements.read_text(), built_for, *services, *_builder()])
    name = f"libraries-{verb}-{built_for}-{key}"
    found = _cached(cache, name)
    if found:
        return found
    _say(f"building the libraries of {verb} for {built_for}")
    with _scratch(cache) as scratch:
        tree = Path(scratch) / "tree"
        dependencies.install(requirements, tree, built_for, services)
        files = deterministic_zip.files_below(tree)
        archive = Path(scratch) / "archive.zip"
        deterministic_zip.append(archive, files)
        return _keep(archive, cache, name, deterministic_zip.content_digest(files))


def _assemble(verb: str, libraries: FunctionCode, own: dict[str, Path], cache: Path, name: str) -> FunctionCode:
    """Our own code, compiled, after the libraries in one zip."""
    _say(f"building the asset of {verb}")
    with _scratch(cache) as scratch:
        tree = Path(scratch) / "tree"
        for place, path in own.items():
            copy = tree / place
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        dependencies.compile_tree(tree)
        files = deterministic_zip.files_below(tree)
        archive = Path(scratch) / "archive.zip"
        shutil.copyfile(libraries.path, archive)
        deterministic_zip.append(archive, files)
        content = _digest([libraries.content, deterministic_zip.content_digest(files)])
        return _keep(archive, cache, name, content)


def _cached(cache: Path, name: str) -> FunctionCode | None:
    for path in cache.glob(f"{name}-*.zip"):
        return FunctionCode(path, path.stem.removeprefix(f"{name}-"))
    return None


def _keep(archive: Path, cache: Path, name: str, content: str) -> FunctionCode:
    """Move a finished zip into the cache at once, so that nobody ever sees half of one."""
    path = cache / f"{name}-{content}.zip"
    archive.replace(path)
    _forget_old(cache, name.rpartition("-")[0])
    return FunctionCode(path, content)


def _forget_old(cache: Path, kind: str) -> None:
    """Keep the newest few zips of one kind: each is tens of megabytes, and each change of our code makes one."""
    newest_first = sorted(cache.glob(f"{kind}-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[KEPT:]:
        path.unlink(missing_ok=True)


def _scratch(cache: Path) -> tempfile.TemporaryDirectory[str]:
    cache.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".building-", dir=cache)


def _builder() -> list[str]:
    """What builds: this Python, whose bytecode it is, and the text of the recipe."""
    recipe = (Path(__file__), Path(dependencies.__file__), Path(deterministic_zip.__file__), Path(own_code.__file__))
    return [sys.version, *(path.read_text() for path in recipe)]


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _say(what: str) -> None:
    print(f"trimtab: {what} …", file=sys.stderr, flush=True)
