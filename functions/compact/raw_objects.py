"""Reads raw objects: gzip of JSON lines."""

import gzip
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from functions.adapters.data_lake import DataLake
from functions.compact.arrivals import RawObject
from functions.compact.intake import Intake

READERS = 8


def read_into(intake: Intake, lake: DataLake, model: str, objects: Sequence[RawObject]) -> None:
    """Take the records of the objects in. One that is no gzip is set aside whole; it stays where it is.

    Raises:
        UnavailableError: S3 did not answer.
    """
    for raw, body in zip(objects, _bodies(lake, model, objects), strict=True):
        if body is None:
            continue  # removed since it was listed, as a person may do with what must be forgotten
        try:
            lines = gzip.decompress(body).splitlines() if body[:2] == b"\x1f\x8b" else body.splitlines()
        except (OSError, EOFError, zlib.error) as error:
            intake.refuse(raw.kind, raw.name, 0, f"the object is no whole gzip: {error}")
            continue
        intake.take(raw.kind, raw.name, lines)


def _bodies(lake: DataLake, model: str, objects: Sequence[RawObject]) -> list[bytes | None]:
    def body(raw: RawObject) -> bytes | None:
        found = lake.get(raw.key(model))
        return None if found is None else found.body

    if len(objects) < 2:
        return [body(raw) for raw in objects]
    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(body, objects))
