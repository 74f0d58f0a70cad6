"""Zip files whose bytes depend on nothing but what lies in them: not on clock, umask, file system or folder."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
_UNIX = 3
_REGULAR_FILE = 0o100644
_SHARED_OBJECT = 0o100755


def files_below(folder: Path) -> dict[str, Path]:
    """All files under `folder` by their path in it, with `/`, sorted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return dict(sorted((path.relative_to(folder).as_posix(), path) for path in found))


def append(archive: Path, files: Mapping[str, Path]) -> None:
    """Add files to a zip, which is made if it isn't there, in the order of their names."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _mode(name) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, files[name].read_bytes(), compresslevel=6)


def content_digest(files: Mapping[str, Path]) -> str:
    """SHA-256 over names and contents: the same wherever it is built, while deflate's bytes differ between zlibs."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{hashlib.sha256(files[name].read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _mode(name: str) -> int:
    return _SHARED_OBJECT if name.endswith((".so", ".dylib")) or ".so." in name else _REGULAR_FILE
