"""Columns of one number a row, within a range."""

from math import ceil, floor
from typing import Any, Final

import numpy as np

from functions.domain.contract import Feature, Guard
from functions.domain.findings import shown
from functions.domain.scalar_columns import ScalarColumn
from functions.domain.tensors import Tensor

FLOAT32_MAX: Final = 3.4028234663852886e38
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
_INTEGERS: Final = frozenset({int})

_smallest, _largest = np.minimum.reduce, np.maximum.reduce  # what .min() and .max() call


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
