"""Columns of one value a row: what is read as a value of each type, and what is like the training data.

Each column has two ways. `tensor` is the quick one: it takes a column that is as it should be and answers None for any
other. `examine` then goes through the values one by one, and finds the problems and the flags.

A tensor of one row is written into a buffer that the column owns, since Lambda gives a process one request at a time.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from functions.domain.contract import Feature, FeatureType, Guard
from functions.domain.findings import Findings, shown
from functions.domain.tensors import Tensor

DATATYPES: Final[dict[FeatureType, str]] = {"float32": "FP32", "int64": "INT64", "string": "BYTES", "bool": "BOOL"}
CATEGORIES_SHOWN: Final = 20

_BOOLS: Final = frozenset({bool})


class ScalarColumn:
    """What columns of one value a row have in common; a subclass says how a single value is read."""

    dtype: type = object
    width = 1

    def __init__(self, feature: Feature, guard: Guard) -> None:
        self.feature = feature
        self.datatype = DATATYPES[feature.type]
        self._actions = {"out_of_range": guard.out_of_range, "unknown_category": guard.unknown_category}
        self._nullable = feature.nullable
        self._categories = None if feature.categories is None else frozenset(feature.categories)
        self._one: Tensor = np.zeros((1, 1), dtype=self.dtype)

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """The value as it is recorded; ValueError says what is wrong with it."""
        raise NotImplementedError

    def stored(self, value: Any) -> Any:
        """The value as the tensor holds it."""
        return value

    def unlike_training(self, value: Any) -> tuple[str, str] | None:
        """For a value outside the categories or the range, what the guard calls that, and the words for a client."""
        if self._categories is not None and value not in self._categories:
            return "unknown_category", f"{shown(value)} is not a known category; it may be {self._known()}"
        return None

    def examine(
        self, values: list[Any], findings: Findings, where: Callable[[int], tuple[int, str]] | None = None
    ) -> tuple[list[Any], Tensor | None]:
        """As `Column.examine`; `where` gives a value's row and name where they are not its index and the feature's."""
        read, sound = [], True
        for index, value in enumerate(values):
            row, name = where(index) if where else (index, self.feature.name)
            try:
                value = self.read(value)
            except ValueError as error:
                sound = False
                findings.value_problem(row, name, str(error), self.feature.name)
                continue
            if value is not None and (unlike := self.unlike_training(value)):
                flag, words = unlike
                if self._actions[flag] == "flag":
                    findings.flag(row, f"{flag}:{self.feature.name}")
                else:
                    sound = False
                    findings.value_problem(row, name, words, self.feature.name)
            read.append(value)
        if not sound:
            return read, None
        return read, np.array([self.stored(value) for value in read], dtype=self.dtype).reshape(-1, 1)

    def _check_null(self, kind: str) -> None:
        if not self._nullable:
            raise ValueError(f"null is not allowed here; send {kind}")

    def _known(self) -> str:
        known = sorted(self.feature.categories or (), key=str)
        text = ", ".join(str(category) for category in known[:CATEGORIES_SHOWN])
        return text if len(known) <= CATEGORIES_SHOWN else f"{text} … ({len(known)} in all: see /openapi.json)"


class StringColumn(ScalarColumn):
    """string: text, and null ("" in the tensor) where the feature is nullable."""

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        categories = self._categories
        if rows == 1:
            value = values[0]
            if type(value) is str and (categories is None or value in categories):
                self._one[0, 0] = value
                return self._one
            return None
        try:
            if categories is None:
                "".join(values)  # three times as fast as looking at each type
            elif not categories.issuperset(values):
                return None
        except TypeError:  # not all of them text
            return None
        return np.array(values, dtype=object).reshape(-1, 1)

    def read(self, value: Any) -> str | None:
        if value is None:
            self._check_null("text")
            return None
        if type(value) is not str:
            raise ValueError(f"{shown(value)} is not text (BYTES)")
        return value

    def stored(self, value: Any) -> str:
        return value or ""

    def unlike_training(self, value: Any) -> tuple[str, str] | None:
        if self._nullable and value == "":
            return None
        return super().unlike_training(value)


class BoolColumn(ScalarColumn):
    """bool: true and false, and nothing that merely looks like them."""

    dtype = np.bool_

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        if not _BOOLS.issuperset(map(type, values)):
            return None
        return np.array(values, dtype=np.bool_).reshape(-1, 1)

    def read(self, value: Any) -> bool:
        if type(value) is not bool:
            raise ValueError(f"{shown(value)} is not true or false (BOOL)")
        return value
