"""Whether a fit will end within a function: what it is expected to take, told before it begins.

Cells are rows x columns of the training set (a vector feature has as many columns as elements). Where the same code was
fitted before, its seconds and megabytes a cell are taken with a margin; the first time, rules of thumb: 70 bytes a cell
were measured on the flights example (14 columns, 3 of them texts) and 2 µs, by histogram gradient boosting on one core
at Lambda's 3 GB; estimators that are slower by a factor of ten are common, those that need twice the memory too.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1
BASE_MB = 250.0  # Python, scikit-learn and the converter, before any row is read
BYTES_A_CELL, SECONDS_A_CELL = 150.0, 20e-6
MARGIN = 1.3
MEMORY_LIMIT_MB = 10_240  # Lambda's


@dataclass(frozen=True, slots=True)
class LastFit:
    """What the last fit took: `code` is the digest of the model's folder, without which it says nothing."""

    code: str
    cells: int
    seconds: float
    peak_mb: float

    def to_bytes(self) -> bytes:
        return json.dumps({"v": SCHEMA_VERSION, **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "LastFit":
        """Read one.

        Raises:
            CorruptArtifactError: it is malformed, or of a schema version that this code does not know.
        """
        try:
            document: dict[str, Any] = json.loads(data)
            if document.pop("v") != SCHEMA_VERSION:
                raise ValueError("it is of another schema version")
            return cls(**document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptArtifactError(f"what the last fit took cannot be read: {error!r}: delete it") from error


@dataclass(frozen=True, slots=True)
class Limits:
    """What a function has: its memory, and the seconds that are left to it."""

    memory_mb: int
    seconds: float


def refusal(rows: int, columns: int, last: LastFit | None, limits: Limits) -> str | None:
    """Why these rows cannot be fitted within a function, and what to do; None where they can be."""
    cells = rows * columns
    if last is None:
        megabytes, seconds = BASE_MB + cells * BYTES_A_CELL / 1e6, cells * SECONDS_A_CELL
        basis = f"by a rule of thumb: {BYTES_A_CELL:.0f} bytes and {SECONDS_A_CELL * 1e6:.0f} µs a cell"
    else:
        ratio = cells / max(last.cells, 1)
        megabytes = BASE_MB + max(0.0, last.peak_mb - BASE_MB) * ratio * MARGIN
        seconds = last.seconds * ratio * MARGIN
        basis = f"by the last fit: {last.seconds:,.0f} s and {last.peak_mb:,.0f} MB for {last.cells:,} cells"
    what = f"{rows:,} rows of {columns} columns"
    if megabytes > limits.memory_mb:
        return (
            f"fitting {what} is expected to take {megabytes:,.0f} MB ({basis}), and the function has "
            f"{limits.memory_mb:,}: raise [train] memory (at most {MEMORY_LIMIT_MB:,}), or shorten [train] window"
        )
    if seconds > limits.seconds:
        return (
            f"fitting {what} is expected to take {seconds:,.0f} s ({basis}), and the function has "
            f"{limits.seconds:,.0f}: shorten [train] window, or take a faster estimator"
        )
    return None
