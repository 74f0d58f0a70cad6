"""Code and layers of functions on disk: unpacked once, named by their digest, never changed."""

import base64
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trimtab.local.lambda_errors import invalid

UNZIPPED_LIMIT = 262_144_000
PYTHON_PLACES = ("python/lib/python3.13/site-packages", "python")


@dataclass(frozen=True, slots=True)
class Code:
    """One zip: its SHA-256 (hex), its size, and the size of what lies in it."""

    digest: str
    size: int
    unzipped: int

    @property
    def sha256(self) -> str:
        """As AWS writes it."""
        return base64.b64encode(bytes.fromhex(self.digest)).decode()


class CodeStore:
    """Unpacks zips below `folder`. In `scratch` each environment has a /tmp of its own."""

    def __init__(self, folder: Path) -> None:
        self._code, self._opt, self.scratch = folder / "code", folder / "opt", folder / "tmp"
        shutil.rmtree(self.scratch, ignore_errors=True)  # of environments that were killed with their cloud
        for place in (self._code, self._opt, self.scratch):
            place.mkdir(exist_ok=True)

    def add(self, archive: bytes | Path) -> Code:
        """Unpack a zip, if it isn't there yet.

        Raises:
            LambdaError: it is no zip, leaves its folder, or is too large unpacked.
        """
        data = archive if isinstance(archive, bytes) else archive.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as opened:
                unzipped = sum(info.file_size for info in opened.infolist())
                if unzipped > UNZIPPED_LIMIT:
                    raise invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
                target = self._code / digest
                if not target.is_dir():
                    scratch = self._code / f".{digest}.new"
                    shutil.rmtree(scratch, ignore_errors=True)
                    _unpack(opened, scratch)
                    scratch.replace(target)
        except zipfile.BadZipFile:
            raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
        return Code(digest, len(data), unzipped)

    def folder(self, digest: str) -> Path:
        """Where a zip lies unpacked: the function's /var/task."""
        return self._code / digest

    def opt(self, layers: Sequence[str]) -> Path | None:
        """The folder that is /opt for these layers, later ones over earlier ones; None without layers."""
        if not layers:
            return None
        if len(layers) == 1:
            return self.folder(layers[0])
        key = hashlib.sha256("\n".join(layers).encode()).hexdigest()
        target = self._opt / key
        if not target.is_dir():
            scratch = self._opt / f".{key}.new"
            shutil.rmtree(scratch, ignore_errors=True)
            for layer in layers:
                shutil.copytree(self.folder(layer), scratch, dirs_exist_ok=True, copy_function=_link)
            scratch.replace(target)
        return target

    def sweep(self, used: Iterable[str]) -> None:
        """Remove what no function or layer uses any more."""
        keep = set(used)
        for folder in self._code.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def python_path(task: Path, opt: Path | None) -> list[str]:
    """The import path that the runtime sets: the function's own code first, then its layers."""
    return [str(task), *(str(opt / place) for place in PYTHON_PLACES if opt is not None)]


def _unpack(archive: zipfile.ZipFile, target: Path) -> None:
    target.mkdir(parents=True)
    for info in archive.infolist():
        place = PurePosixPath(info.filename)
        if place.is_absolute() or ".." in place.parts:
            raise invalid(f"the zip holds a path that leaves its folder: {info.filename}")
        path = target / place
        if info.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        if mode := (info.external_attr >> 16) & 0o777:
            path.chmod(mode | 0o400)


def _link(source: str, target: str) -> str:
    Path(target).unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
