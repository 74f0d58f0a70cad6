"""Plain arrays in one file, the same bytes for the same arrays: an .npz as numpy reads it, and nothing to execute.

Members are stored, not deflated: another zlib would give other bytes. What is read is checked before memory is taken
for it, so a hostile file is an error and no surprise.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from functions.domain.errors import CorruptArtifactError

ABOUT = "about.json"  # what the arrays are, beside them
_EPOCH = (1980, 1, 1, 0, 0, 0)
_KINDS = "biufM"  # no objects, no texts
_MOST_MEMBERS = 20_000

Arrays = Mapping[str, NDArray[Any]]


def pack(about: Mapping[str, Any], arrays: Arrays) -> bytes:
    """One .npz with `about` as canonical JSON beside the arrays, in the order of their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(about, sort_keys=True, separators=(",", ":"), allow_nan=False)  # ASCII: any text is kept
        _add(archive, ABOUT, text.encode())
        for name in sorted(arrays):
            member = io.BytesIO()
            array = arrays[name]
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            npy.write_array(member, np.ascontiguousarray(little), version=(1, 0), allow_pickle=False)
            _add(archive, f"{name}.npy", member.getvalue())
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `pack` packed.

    Raises:
        CorruptArtifactError: the file is truncated, altered, or never was one of these.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_MEMBERS or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("its members are not stored as they should be")
            if sum(entry.file_size for entry in entries) > len(data):
                raise ValueError("its members are larger than the file")
            members = {entry.filename: archive.read(entry) for entry in entries}
        about = json.loads(members.pop(ABOUT))
        if not isinstance(about, dict):
            raise ValueError(f"{ABOUT} is no document")
        return about, {name.removesuffix(".npy"): _array(name, body) for name, body in members.items()}
    except (ValueError, KeyError, EOFError, OSError, RuntimeError, RecursionError, zipfile.BadZipFile) as error:
        raise CorruptArtifactError(f"this is no file of arrays, or not all of one: {error}") from error


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    archive.writestr(entry, body)


def _array(name: str, body: bytes) -> NDArray[Any]:
    """An .npy file as an array, after its header has been held against its length."""
    stream = io.BytesIO(body)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError(f"{name} is of another version of .npy")
    shape, fortran, dtype = npy.read_array_header_1_0(stream)
    content = body[stream.tell() :]
    if fortran or dtype.kind not in _KINDS or dtype.hasobject:
        raise ValueError(f"{name} holds {dtype}")
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize != len(content):
        raise ValueError(f"{name} has {len(content):,} bytes for {shape} of {dtype}")
    return np.frombuffer(content, dtype=dtype).reshape(shape)
