"""What is true, and what was predicted: a class or a number, as the model's task has it."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from functions.domain.contract import Task
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import shown
from functions.domain.model_config import ModelConfig
from functions.domain.truth_limits import LONGEST_CLASS

Class = bool | int | str

_INT64: Final = 2**63


def outcome_reader(config: ModelConfig) -> Callable[[Any], Class | float]:
    """What reads one outcome of the model: it returns the value, or raises InvalidRequestError.

    A binary model's classes are of the type of its positive class. Those of several classes may be of any type, since
    a class that the model does not know is a finding and no error.
    """
    return _READERS[config.task] if config.task != "binary" else _BINARY[type(config.positive)]


def probability(value: Any, field: str) -> float:
    """A probability.

    Raises:
        InvalidRequestError: it is no number from 0 to 1.
    """
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise InvalidRequestError(f"{field}: {shown(value)} is not a number from 0 to 1")
    return float(value)


def _truth(value: Any) -> Class:
    if type(value) is bool:
        return value
    raise InvalidRequestError(f"label: {shown(value)} is not true or false")


def _whole(value: Any) -> Class:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is int and -_INT64 <= value < _INT64:
        return value
    raise InvalidRequestError(f"label: {shown(value)} is not an integer of 64 bits")


def _name(value: Any) -> Class:
    if type(value) is str and 0 < len(value) <= LONGEST_CLASS:
        return value
    raise InvalidRequestError(f"label: {shown(value)} is not text of 1 to {LONGEST_CLASS} characters")


def _any_class(value: Any) -> Class:
    if type(value) is bool:
        return value
    if type(value) is int or type(value) is float:
        return _whole(value)
    return _name(value)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not isfinite(value):
        raise InvalidRequestError(f"label: {shown(value)} is not a finite number")
    return float(value)


_READERS: Final[Mapping[Task, Callable[[Any], Class | float]]] = {"multiclass": _any_class, "regression": _number}
_BINARY: Final[Mapping[type, Callable[[Any], Class]]] = {bool: _truth, int: _whole, str: _name}
