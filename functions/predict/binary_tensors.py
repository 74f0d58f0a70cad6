"""The protocol's binary tensor extension: tensors as bytes behind the JSON object, little-endian, row-major.

A BYTES element is its length as a 4-byte unsigned integer, then its bytes; a BOOL is one byte, 0 or 1.
"""

from typing import Any, Final

import numpy as np

from functions.domain.errors import InvalidRequestError
from functions.domain.tensors import Tensor

WIRE_TYPES: Final = {"FP32": "<f4", "FP64": "<f8", "INT64": "<i8", "INT32": "<i4", "BOOL": "|u1"}


def decode(datatype: str, count: int, data: memoryview, where: str, null: bool) -> list[Any]:
    """The `count` values of one tensor.

    With `null`, NaN reads as null, which is what a nullable feature's missing value is as a tensor.

    Raises:
        InvalidRequestError: the bytes are not that many values.
    """
    if datatype == "BYTES":
        return _decode_strings(count, data, where)
    wire = np.dtype(WIRE_TYPES[datatype])
    if len(data) != count * wire.itemsize:
        raise InvalidRequestError(
            f"{where}: binary_data_size is {len(data)}; {count} values of {datatype} take {count * wire.itemsize} bytes"
        )
    array = np.frombuffer(data, dtype=wire)
    if datatype == "BOOL":
        if array.size and array.max() > 1:
            raise InvalidRequestError(f"{where}: a BOOL is one byte, 0 or 1; found {array.max()}")
        return array.astype(np.bool_).tolist()
    values: list[Any] = array.tolist()
    if null and np.isnan(array).any():
        return [None if value != value else value for value in values]
    return values


def encode(datatype: str, array: Tensor) -> bytes:
    """The bytes of one tensor."""
    if datatype != "BYTES":
        return np.ascontiguousarray(array, dtype=WIRE_TYPES[datatype]).tobytes()
    elements = [value if isinstance(value, bytes) else str(value).encode() for value in array.ravel().tolist()]
    return b"".join(len(element).to_bytes(4, "little") + element for element in elements)


def _decode_strings(count: int, data: memoryview, where: str) -> list[Any]:
    values: list[Any] = []
    at, end = 0, len(data)
    while at < end and len(values) < count:
        start = at + 4
        at = start + int.from_bytes(data[at:start], "little")
        if start > end or at > end:
            raise InvalidRequestError(
                f"{where}: element {len(values)} of the binary data reaches beyond binary_data_size, which is {end}"
            )
        try:
            values.append(str(data[start:at], "utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidRequestError(f"{where}: element {len(values)} is not UTF-8: {error.reason}") from error
    if at != end or len(values) != count:
        raise InvalidRequestError(
            f"{where}: the binary data holds {len(values)} elements in {at} of {end} bytes; the shape says {count}"
        )
    return values
