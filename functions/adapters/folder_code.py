"""The code of a model's folder: what fits the model, without the data. It is shipped, digested and kept."""

import io
import zipfile
from pathlib import Path

from functions.domain.errors import CorruptArtifactError

# Data files are not among them: rows to learn from lie in the bucket, and dataset.py reads the others on a laptop.
CODE_SUFFIXES = (".py", ".toml", ".txt", ".sql", ".onnx", ".json", ".yaml", ".yml")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 250_000_000


def code_files(folder: Path) -> dict[str, Path]:
    """A folder's code and settings by their path in it, sorted; nothing hidden, no caches."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if path.suffix in CODE_SUFFIXES and path.is_file() and not hidden:
            found[inside.as_posix()] = path
    return found


def archive(folder: Path) -> bytes:
    """A folder's code as a zip, the same bytes for the same code: stored, since another zlib deflates otherwise."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, path in code_files(folder).items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            target.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write what `archive` packed into the new folder `folder`.

    Raises:
        CorruptArtifactError: it is no such zip, or holds a file that would lie elsewhere.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            entries = source.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise CorruptArtifactError("the code of a version unpacks to more than a function can hold")
            for entry in entries:
                place = (folder / entry.filename).resolve()
                if not place.is_relative_to(folder.resolve()) or entry.is_dir():
                    raise CorruptArtifactError(f"the code of a version has a file {entry.filename!r}")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(source.read(entry))
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
        raise CorruptArtifactError(f"the code of a version is no zip, or not all of one: {error}") from error
