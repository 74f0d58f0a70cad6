"""The Lambda runtime's own part of the import path: awslambdaric and what it needs, nothing else of this machine."""

import compileall
import hashlib
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path, PurePosixPath

DISTRIBUTIONS = ("awslambdaric", "simplejson", "snapshot_restore_py")


def runtime_folder(cache: Path) -> Path:
    """A folder with the runtime's packages, compiled; copied from this environment when their versions changed."""
    found = [metadata.distribution(name) for name in DISTRIBUTIONS]
    versions = [sys.version, *(f"{dist.name} {dist.version}" for dist in found)]
    target = cache / hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
    for distribution in found:
        for file in distribution.files or ():
            _copy(Path(str(distribution.locate_file(file))), PurePosixPath(str(file)), scratch)
    compileall.compile_dir(scratch, quiet=2)
    try:
        scratch.replace(target)
    except OSError:  # another process was first
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _copy(source: Path, place: PurePosixPath, target: Path) -> None:
    outside = place.is_absolute() or ".." in place.parts or "__pycache__" in place.parts
    if outside or place.parts[0].endswith(".dist-info") or not source.is_file():
        return
    copy = target / place
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
