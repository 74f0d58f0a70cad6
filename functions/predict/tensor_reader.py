"""The protocol's tensors, read carefully: nested or binary data, vectors, and the words for whatever is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from functions.domain.columns import Column
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import Findings, shown
from functions.predict import binary_tensors

INPUT_KEYS: Final = frozenset({"name", "shape", "datatype", "parameters", "data"})
UNSUPPORTED_PARAMETERS: Final = ("classification", "shared_memory_region")

Columns = dict[str, list[Any]]


class TensorReader:
    """Reads all inputs of one request; `binary` is what follows the JSON object."""

    def __init__(self, columns: Mapping[str, Column], binary: memoryview | None) -> None:
        self._known = columns
        self._binary = binary
        self._at = 0

    def read(self, inputs: Sequence[Any]) -> Columns:
        """The columns of all inputs, or the problems of all of them as one InvalidRequestError."""
        findings = Findings()
        columns: Columns = {}
        for index, tensor in enumerate(inputs):
            given = tensor.get("name") if type(tensor) is dict else None
            name = given if type(given) is str else ""
            where = f"input {name!r}" if name in self._known else f"inputs[{index}]"
            try:
                values = self._tensor(tensor, where)
                if name in columns:
                    raise InvalidRequestError(f"{where}: is there twice; send it once")
                columns[name] = values
            except InvalidRequestError as error:
                place, _, what = str(error).partition(": ")
                findings.problem(place, what, name if name in self._known else None)
                columns.setdefault(name, [])
        for name in self._known:
            if name not in columns:
                findings.problem(f"input {name!r}", "is missing; send one tensor for each feature", name)
        findings.raise_problems()
        self._check_rows(columns)
        return columns

    def _tensor(self, tensor: Any, where: str) -> list[Any]:
        if type(tensor) is not dict:
            raise InvalidRequestError(f"{where}: should be an object with name, shape, datatype and data")
        size = parameters_of(tensor, where).get("binary_data_size")
        data = None if size is None else self._take(size, where)
        name = tensor.get("name")
        column = self._known.get(name) if type(name) is str else None
        if column is None:
            raise InvalidRequestError(f"{where}: {shown(name)} is no feature; the features are {either(self._known)}")
        if unknown := sorted(tensor.keys() - INPUT_KEYS):
            raise InvalidRequestError(f"{where}: unknown key {shown(unknown[0])}; a tensor has {either(INPUT_KEYS)}")
        if tensor.get("datatype") != column.datatype:
            raise InvalidRequestError(
                f"{where}: its datatype is {column.datatype}, not {shown(tensor.get('datatype'))}"
            )
        rows = _rows(tensor.get("shape"), column, where)
        count = rows * column.width
        if data is None:
            flat = _flat(tensor, column, where)
            if len(flat) != count:
                raise InvalidRequestError(f"{where}: has {len(flat)} values; its shape says {count}")
        elif "data" in tensor:
            raise InvalidRequestError(f'{where}: has both "data" and binary data; send one of them')
        else:
            null = column.feature.nullable and column.datatype == "FP32"
            flat = binary_tensors.decode(column.datatype, count, data, where, null)
        if column.feature.size is None:
            return flat
        width = column.width
        return [flat[start : start + width] for start in range(0, count, width)]

    def _take(self, size: Any, where: str) -> memoryview:
        """The next `size` bytes of the binary data."""
        if self._binary is None:
            raise InvalidRequestError(
                f"{where}: binary data needs the header Inference-Header-Content-Length, "
                "which says where the JSON object ends"
            )
        left = len(self._binary) - self._at
        if type(size) is not int or not 0 <= size <= left:
            raise InvalidRequestError(
                f"{where}: binary_data_size is {shown(size)}, but {left} bytes of binary data are left"
            )
        start, self._at = self._at, self._at + size
        return self._binary[start : self._at]

    def _check_rows(self, columns: Columns) -> None:
        if self._binary is not None and self._at != len(self._binary):
            raise InvalidRequestError(
                f"the body has {len(self._binary)} bytes of binary data; the inputs' binary_data_size add to {self._at}"
            )
        findings = Findings()
        first = next(iter(columns))
        rows = len(columns[first])
        for name, values in columns.items():
            if len(values) != rows:
                findings.problem(f"input {name!r}", f"has {len(values)} rows, {first!r} has {rows}; send as many", name)
        findings.raise_problems()


def parameters_of(holder: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    parameters = holder.get("parameters")
    if parameters is None:
        return {}
    if type(parameters) is not dict:
        raise InvalidRequestError(f'{where}: "parameters" should be an object, not {shown(parameters)}')
    for name in UNSUPPORTED_PARAMETERS:
        if name in parameters:
            raise InvalidRequestError(f"{where}: the parameter {name!r} is not supported; leave it out")
    return parameters


def _rows(shape: Any, column: Column, where: str) -> int:
    expected = "[N] or [N, 1]" if column.feature.size is None else f"[N, {column.width}]"
    if type(shape) is not list or not all(type(extent) is int and extent >= 0 for extent in shape):
        raise InvalidRequestError(f"{where}: its shape should be {expected}, not {shown(shape)}")
    if (len(shape) == 1 and column.feature.size is None) or (len(shape) == 2 and shape[1] == column.width):
        if shape[0] == 0:
            raise InvalidRequestError(f"{where}: has no rows; send at least one")
        return int(shape[0])
    raise InvalidRequestError(f"{where}: its shape should be {expected}, not {str(shape)[:60]}")


def _flat(tensor: Mapping[str, Any], column: Column, where: str) -> list[Any]:
    """JSON data, which may be nested as the shape is."""
    data = tensor.get("data")
    if type(data) is not list:
        raise InvalidRequestError(f'{where}: "data" is missing or no list')
    if not data or type(data[0]) is not list:
        return data
    flat: list[Any] = []
    for row, values in enumerate(data):
        if type(values) is not list or len(values) != column.width:
            raise InvalidRequestError(f"{where}: row {row} of the nested data should be a list of {column.width}")
        flat.extend(values)
    return flat


def either(words: Any) -> str:
    return ", ".join(sorted(words))
