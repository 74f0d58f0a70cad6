"""Columns of one value a row: what is read as a value of each type, and what is like the training data.

Each column has two ways. `tensor` is the quick one: it takes a column that is as it should be and answers None for any
other. `examine` then goes through the values one by one, and finds the problems and the flags.

A tensor of one row is written into a buffer that the column owns, since Lambda gives a process one request at a time.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature, FeatureType, Guard
from functions.predict.findings import Findings, shown

FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
DATATYPES: Final[dict[FeatureType, str]] = {"float32": "FP32", "int64": "INT64", "string": "BYTES", "bool": "BOOL"}
CATEGORIES_SHOWN: Final = 20

_INTEGERS: Final = frozenset({int})
_BOOLS: Final = frozenset({bool})

_smallest, _largest = np.minimum.reduce, np.maximum.reduce  # what .min() and .max() call

Tensor = NDArray[Any]


class ScalarColumn:
    """What columns of one value a row have in common; a subclass says how a single value is read."""

    dtype: type = object
    width = 1

    def __init__(self, feature: Feature, guard: Guard) -> None:
        self.feature = feature
        self.datatype = DATATYPES[feature.type]
        self._guard = guard
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
        """The flag, and the words, for a value outside the categories or the range."""
        if self._categories is not None and value not in self._categories:
            return "unknown_category", f"{shown(value)} is not a known category; it may be {self._known()}"
        return None

    def examine(
        self, values: list[Any], findings: Findings, where: Callable[[int], tuple[int, str]] | None = None
    ) -> tuple[list[Any], Tensor | None]:
        read, sound = [], True
        for index, value in enumerate(values):
            row, name = where(index) if where else (index, self.feature.name)
            try:
                value = self.read(value)
            except ValueError as error:
                sound = False
                findings.problem(f"row {row}, {name}", str(error))
                continue
            if value is not None and (unlike := self.unlike_training(value)):
                flag, words = unlike
                if getattr(self._guard, "unknown_category" if flag == "unknown_category" else "out_of_range") == "flag":
                    findings.flag(row, f"{flag}:{self.feature.name}")
                else:
                    sound = False
                    findings.problem(f"row {row}, {name}", words)
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


class NumberColumn(ScalarColumn):
    """A column with a range, which never goes beyond what the tensor's type can hold."""

    limits: tuple[float, float]

    def __init__(self, feature: Feature, guard: Guard) -> None:
        super().__init__(feature, guard)
        low, high = self.limits
        self._low = low if feature.min is None else max(low, feature.min)
        self._high = high if feature.max is None else min(high, feature.max)

    def unlike_training(self, value: Any) -> tuple[str, str] | None:
        if not self._low <= value <= self._high:
            return "out_of_range", f"{value!r} is outside the range {self._range()}"
        return super().unlike_training(value)

    def _range(self) -> str:
        low, high = self.feature.min, self.feature.max
        return f"{'…' if low is None else f'{low:.15g}'} to {'…' if high is None else f'{high:.15g}'}"


class FloatColumn(NumberColumn):
    """float32: JSON numbers, integers among them, and null (NaN in the tensor) where the feature is nullable."""

    dtype = np.float32
    limits = (-FLOAT32_MAX, FLOAT32_MAX)

    def __init__(self, feature: Feature, guard: Guard) -> None:
        super().__init__(feature, guard)
        # A limit as float32 is what binary tensors and the training data are compared with: take the wider of the two.
        self._low = min(self._low, float(np.float32(self._low)))
        self._high = max(self._high, float(np.float32(self._high)))
        self._types = frozenset({int, float, type(None)} if self._nullable else {int, float})

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        if rows == 1:
            value = values[0]
            if (type(value) is float or type(value) is int) and self._low <= value <= self._high:
                self._one.fill(value)
                return self._one
            if value is None and self._nullable:
                self._one.fill(np.nan)
                return self._one
            return None
        if not self._types.issuperset(map(type, values)):
            return None
        tensor = np.array(values, dtype=np.float32)
        if self._low <= _smallest(tensor) and _largest(tensor) <= self._high:
            return tensor.reshape(-1, 1)
        if self._nullable and not ((tensor < self._low).any() or (tensor > self._high).any()):
            return tensor.reshape(-1, 1)
        return None

    def read(self, value: Any) -> float | None:
        if value is None:
            self._check_null("a number")
            return None
        if type(value) is not float and type(value) is not int:
            raise ValueError(f"{shown(value)} is not a number (FP32)")
        if value != value or value in (float("inf"), float("-inf")):  # only binary tensors can hold these
            raise ValueError(f"{value} is not a finite number" + ("; null is allowed" if self._nullable else ""))
        if abs(value) > FLOAT32_MAX:
            raise ValueError(f"{value!r} does not fit FP32, whose limit is {FLOAT32_MAX:.7g}")
        return value

    def stored(self, value: Any) -> float:
        return float("nan") if value is None else value


class IntegerColumn(NumberColumn):
    """int64: JSON integers; 2.0 is one, as it is in JSON Schema, and 1.5 is none."""

    dtype = np.int64
    limits = (INT64_MIN, INT64_MAX)

    def __init__(self, feature: Feature, guard: Guard) -> None:
        super().__init__(feature, guard)
        self._low, self._high = ceil(self._low), floor(self._high)  # comparing integers with integers is quicker

    def tensor(self, values: list[Any], rows: int) -> Tensor | None:
        if rows == 1:
            value = values[0]
            if type(value) is int and self._low <= value <= self._high and self._is_known(value):
                self._one.fill(value)
                return self._one
            return None
        if not _INTEGERS.issuperset(map(type, values)) or not (
            self._categories is None or self._categories.issuperset(values)
        ):
            return None
        try:
            tensor = np.array(values, dtype=np.int64)
        except OverflowError:
            return None
        in_range = self._low <= _smallest(tensor) and _largest(tensor) <= self._high
        return tensor.reshape(-1, 1) if in_range else None

    def read(self, value: Any) -> int:
        if type(value) is float and value.is_integer() and abs(value) <= 2**53:
            return int(value)
        if type(value) is not int:
            raise ValueError(f"{shown(value)} is not an integer (INT64)")
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValueError(f"{value} does not fit INT64, whose limits are {INT64_MIN} and {INT64_MAX}")
        return value

    def _is_known(self, value: int) -> bool:
        return self._categories is None or value in self._categories


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
