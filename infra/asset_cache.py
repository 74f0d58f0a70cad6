"""Built assets on disk: zips under `.build/assets/`, named by a digest of all that goes in and of what lies in them."""

import hashlib
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.adapters import folder_code, imported_code
from infra import dependencies, deterministic_zip, own_code

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / ".build" / "assets"

KEPT = 4  # zips of one function and platform in the cache: branches come and go


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """A function's zip. `content` is the SHA-256 of what lies in it, the same on every machine that builds it."""

    path: Path
    content: str

    @property
    def unzipped(self) -> int:
        """The bytes that it takes unpacked, which Lambda limits."""
        with zipfile.ZipFile(self.path) as archive:
            return sum(entry.file_size for entry in archive.infolist())


def cached(cache: Path, name: str) -> FunctionCode | None:
    for path in cache.glob(f"{name}-*.zip"):
        return FunctionCode(path, path.stem.removeprefix(f"{name}-"))
    return None


def keep(archive: Path, cache: Path, name: str, content: str) -> FunctionCode:
    """Move a finished zip into the cache at once, so that nobody ever sees half of one."""
    path = cache / f"{name}-{content}.zip"
    archive.replace(path)
    forget_old(cache, name.rpartition("-")[0])
    return FunctionCode(path, content)


def copied(files: Mapping[str, Path], tree: Path) -> None:
    """Copy files into the folder `tree`, by their path in it."""
    for place, path in files.items():
        copy = tree / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def scratch(cache: Path) -> tempfile.TemporaryDirectory[str]:
    cache.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".building-", dir=cache)


def builder() -> list[str]:
    """What builds: this Python, whose bytecode it is, and the text of the recipe."""
    recipe = (dependencies, deterministic_zip, own_code, folder_code, imported_code)
    here = Path(__file__).parent
    texts = [Path(str(module.__file__)).read_text() for module in recipe]
    return [sys.version, *texts, *((here / name).read_text() for name in ("asset_cache.py", "function_code.py"))]


def digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def say(what: str) -> None:
    print(f"trimtab: {what} …", file=sys.stderr, flush=True)


def forget_old(cache: Path, kind: str, suffix: str = ".zip") -> None:
    """Keep the newest few of one kind: each is tens of megabytes, and each change of our code makes one."""
    newest_first = sorted(cache.glob(f"{kind}-*{suffix}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[KEPT:]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
