"""Columns as plain arrays: numbers as narrow as they fit without loss, texts as codes of the texts that there are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.packed_arrays import Arrays

_WHOLE = (np.int8, np.int16, np.int32, np.int64)
_CODES = (np.uint8, np.uint16, np.uint32)


def pack_floats(values: NDArray[np.float64]) -> NDArray[Any]:
    """float32 where each value is one, else float64; every NaN is the same NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
    fits = bool(np.all((narrow.astype(np.float64) == values) | np.isnan(values)))
    packed: NDArray[Any] = (narrow if fits else values).copy()
    packed[np.isnan(values)] = np.nan
    return packed


def pack_integers(values: NDArray[np.int64]) -> NDArray[Any]:
    """The narrowest integers that hold them all."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    kind = next(kind for kind in _WHOLE if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return values.astype(kind)


def pack_texts(name: str, values: Sequence[str], shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Codes of `shape`, and the different texts in the order in which they appear: UTF-8, one after the other."""
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(value, len(places)) for value in values], dtype=np.uint32)
    encoded = [text.encode("utf-8", "surrogatepass") for text in places]
    kind = next(kind for kind in _CODES if len(places) <= np.iinfo(kind).max)
    return {
        f"{name}.codes": codes.astype(kind).reshape(shape),
        f"{name}.lengths": np.array([len(text) for text in encoded], dtype=np.uint32),
        f"{name}.texts": np.frombuffer(b"".join(encoded), dtype=np.uint8),
    }


def unpack_texts(name: str, arrays: Arrays) -> NDArray[Any]:
    """The texts as objects, in the shape of their codes.

    Raises:
        KeyError: an array is missing. ValueError: they do not belong together.
    """
    codes, lengths, body = arrays[f"{name}.codes"], arrays[f"{name}.lengths"], arrays[f"{name}.texts"].tobytes()
    if lengths.dtype.kind != "u" or codes.dtype.kind != "u" or lengths.ndim != 1:
        raise ValueError(f"{name} has codes of {codes.dtype}, lengths of {lengths.dtype}")
    ends = np.cumsum(lengths, dtype=np.uint64).tolist()
    if (ends[-1] if ends else 0) != len(body):
        raise ValueError(f"{name} has texts of other lengths than it says")
    starts = [0, *ends][:-1]
    texts = np.empty(len(ends), dtype=object)
    texts[:] = [body[start:end].decode("utf-8", "surrogatepass") for start, end in zip(starts, ends, strict=True)]
    if codes.size and int(codes.max()) >= len(texts):
        raise ValueError(f"{name} has a code without a text")
    found: NDArray[Any] = texts[codes]
    return found
