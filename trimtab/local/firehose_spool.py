"""A delivery stream's buffer on disk: records are in a file before they are acknowledged, and leave it in S3.

A spool file holds frames of length, CRC-32 and record. A frame that a kill cut off was never acknowledged and ends the
file. A file's name begins with the arrival of its first record; its S3 key follows from the name alone, so that a file
that is delivered twice is one object.
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from uuid import uuid4

FRAME = struct.Struct(">II")
NAME = re.compile(r"^(\d{13})-([0-9a-f]{32})\.spool$")


class Spool:
    """One stream's files. `put` appends; `roll` closes the open file; `closed` lists what may be delivered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._first_ms = 0

    def put(self, records: Sequence[bytes], now_ms: int) -> int:
        """Append records, all of them or none; returns the bytes in the open file."""
        frames = b"".join(FRAME.pack(len(data), zlib.crc32(data)) + data for data in records)
        with self._lock:
            if self._file is None:
                self._open(now_ms)
            _write_all(self._file or 0, frames)
            self._size += sum(map(len, records))
            return self._size

    def roll_if(self, now_ms: int, interval_ms: int, limit: int) -> bool:
        """Close the open file if it is old or large enough."""
        with self._lock:
            if self._file is None or (now_ms - self._first_ms < interval_ms and self._size < limit):
                return False
            self._close()
            return True

    def roll(self) -> None:
        """Close the open file."""
        with self._lock:
            self._close()

    def closed(self) -> list[Path]:
        """The files that are complete, oldest first; after a restart all that were left."""
        with self._lock:
            return sorted(path for path in self._folder.iterdir() if NAME.match(path.name) and path != self._path)

    def _open(self, now_ms: int) -> None:
        self._path = self._folder / f"{now_ms:013d}-{uuid4().hex}.spool"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size, self._first_ms = 0, now_ms

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = self._path = None


def arrival_ms(path: Path) -> int:
    """When a spool file's first record came."""
    return int(_name(path)[1])


def identity(path: Path) -> str:
    """A spool file's own random name."""
    return _name(path)[2]


def records(path: Path) -> Iterator[bytes]:
    """The records of a spool file, up to the first frame that isn't whole."""
    data = path.read_bytes()
    position = 0
    while position + FRAME.size <= len(data):
        length, check = FRAME.unpack_from(data, position)
        record = data[position + FRAME.size : position + FRAME.size + length]
        if len(record) < length or zlib.crc32(record) != check:
            return
        yield record
        position += FRAME.size + length


def _name(path: Path) -> re.Match[str]:
    match = NAME.match(path.name)
    if match is None:
        raise ValueError(f"{path} is no spool file")
    return match


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
