"""One column of values a feature: checked against the contract and made a tensor, all rows at a time."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, Protocol

import numpy as np

from functions.domain.contract import Feature, Guard
from functions.domain.errors import CorruptArtifactError
from functions.domain.findings import Findings, shown
from functions.domain.number_columns import FloatColumn, IntegerColumn
from functions.domain.scalar_columns import BoolColumn, ScalarColumn, StringColumn
from functions.domain.tensors import Tensor

_KINDS: Final[dict[str, type[ScalarColumn]]] = {
    "float32": FloatColumn,
    "int64": IntegerColumn,
    "string": StringColumn,
    "bool": BoolColumn,
}


class Column(Protocol):
    """`feature` is the contract's, `datatype` the protocol's word for its type, `width` the number of values a row."""

    feature: Feature
    datatype: str
    width: int

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        """The tensor [rows, width] of a column with one entry a row, or None if `examine` has to look at it."""
        ...

    def examine(self, values: list[Any], findings: Findings) -> tuple[list[Any], Tensor | None]:
        """Look at each value: the values as they are recorded, and the tensor, or None if there is a problem."""
        ...


class VectorColumn:
    """k values a row, each of them checked as the scalar column of the same feature would."""

    def __init__(self, scalars: ScalarColumn, size: int) -> None:
        self.feature = scalars.feature
        self.datatype = scalars.datatype
        self.width = size
        self._scalars = scalars

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        if not all(type(value) is list for value in values) or any(len(value) != self.width for value in values):
            return None
        flat = list(chain.from_iterable(values))
        with np.errstate(over="ignore"):  # one row's vector is several values: the model takes care of several rows
            tensor = self._scalars.tensor(flat, len(flat))
        return None if tensor is None else tensor.reshape(rows, self.width)

    def examine(self, values: list[Any], findings: Findings) -> tuple[list[Any], Tensor | None]:
        name, size, sound = self.feature.name, self.width, True
        for row, value in enumerate(values):
            if type(value) is not list:
                sound = False
                findings.value_problem(row, name, f"{shown(value)} is not a list of {size} values", name)
            elif len(value) != size:
                sound = False
                findings.value_problem(row, name, f"has {len(value)} values, not {size}", name)
        if not sound:
            return values, None
        read, tensor = self._scalars.examine(
            list(chain.from_iterable(values)), findings, lambda index: (index // size, f"{name}[{index % size}]")
        )
        if tensor is None:
            return values, None
        rows = len(values)
        return [read[row * size : (row + 1) * size] for row in range(rows)], tensor.reshape(rows, size)


def columns_of(features: Sequence[Feature], guard: Guard) -> dict[str, Column]:
    """The column of each feature, by name, in the order given.

    Raises:
        CorruptArtifactError: a feature is of a type that this code does not know.
    """
    columns: dict[str, Column] = {}
    for feature in features:
        kind = _KINDS.get(feature.type)
        if kind is None:
            raise CorruptArtifactError(f"the contract's feature {feature.name!r} is of unknown type {feature.type!r}")
        if feature.categories is not None and feature.type not in ("string", "int64"):
            raise CorruptArtifactError(f"the contract's feature {feature.name!r} has categories, but is {feature.type}")
        scalars = kind(feature, guard)
        columns[feature.name] = scalars if feature.size is None else VectorColumn(scalars, feature.size)
    return columns
