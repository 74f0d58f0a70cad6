"""CloudWatch's metric math over a grid of periods: what alarms and GetMetricData may ask, no more.

Arithmetic, comparisons, AND, OR, IF, FILL, and SUM, AVG, MIN, MAX over `[a, b]` or METRICS(). A value is a number, or
a series: a list with one number a period, None where there is none. None in an operand gives None, and so does
division by zero, as CloudWatch leaves such a point out.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from functions.domain.errors import MisconfiguredError

TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|(&&|\|\||<=|>=|==|!=|[-+*/^()<>,\[\]]))"
)
Series = list[float | None]
Value = float | Series
Evaluate = Callable[[Mapping[str, Series]], Any]
Operation = Callable[[float, float], float | None]


def _divided(a: float, b: float) -> float | None:
    return a / b if b else None


def _power(a: float, b: float) -> float | None:
    try:
        result = a**b
    except (ZeroDivisionError, OverflowError):
        return None
    return None if isinstance(result, complex) else result


LEVELS: tuple[dict[str, Operation], ...] = (
    {"||": lambda a, b: float(bool(a or b)), "OR": lambda a, b: float(bool(a or b))},
    {"&&": lambda a, b: float(bool(a and b)), "AND": lambda a, b: float(bool(a and b))},
    {
        "<": lambda a, b: float(a < b), ">": lambda a, b: float(a > b), "<=": lambda a, b: float(a <= b),
        ">=": lambda a, b: float(a >= b), "==": lambda a, b: float(a == b), "!=": lambda a, b: float(a != b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divided},
    {"^": _power},
)  # fmt: skip
OVER_SEVERAL: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum, "AVG": lambda values: sum(values) / len(values), "MIN": min, "MAX": max,
}  # fmt: skip


class Expression:
    """A parsed expression. `names` are the ids that it reads.

    Raises:
        MisconfiguredError: it cannot be parsed, or asks for a function that the local cloud does not know.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        self._tokens = list(_tokens(text))
        self._at = 0
        self._evaluate = self._level(0)
        if self._at < len(self._tokens):
            raise self._error(f"{self._tokens[self._at]!r} is not expected there")

    def series(self, given: Mapping[str, Series], periods: int) -> Series:
        """Its value for each of `periods` periods. Raises MisconfiguredError: an id that is not given."""
        missing = self.names - set(given)
        if missing:
            raise self._error(f"there is no metric {', '.join(sorted(missing))}")
        value = self._evaluate(given)
        if isinstance(value, list) and value and isinstance(value[0], list):
            raise self._error("it gives several series where one is asked for")
        return value if isinstance(value, list) else [value] * periods

    def _error(self, why: str) -> MisconfiguredError:
        return MisconfiguredError(f"the metric expression {self.text!r}: {why}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self._peek()
        if not token or wanted not in (None, token):
            raise self._error(f"{wanted or 'more'} is missing" + (f" before {token!r}" if token else " at its end"))
        self._at += 1
        return token

    def _level(self, level: int) -> Evaluate:
        if level == len(LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self._peek() in LEVELS[level]:
            left = _binary(LEVELS[level][self._take()], left, self._level(level + 1))
        return left

    def _unary(self) -> Evaluate:
        if self._peek() == "-":
            self._take()
            return _binary(operator.sub, lambda given: 0.0, self._unary())
        token = self._take()
        if token == "(":  # noqa: S105 - a bracket
            inner = self._level(0)
            self._take(")")
            return inner
        if token == "[":  # noqa: S105
            parts = self._list("]")
            return lambda given: [part(given) for part in parts]
        if token[0].isdigit() or token[0] == ".":
            return lambda given: float(token)
        if self._peek() == "(":
            return self._function(token)
        if not token[0].isalpha():
            raise self._error(f"{token!r} is not expected there")
        self.names.add(token)
        return lambda given: given[token]

    def _list(self, end: str) -> list[Evaluate]:
        parts = []
        while self._peek() != end:
            parts.append(self._level(0))
            if self._peek() != end:
                self._take(",")
        self._take(end)
        return parts

    def _function(self, name: str) -> Evaluate:
        self._take("(")
        if name == "FILL":
            return self._fill()
        parts = self._list(")")
        if name == "IF" and len(parts) in (2, 3):
            return _choice(parts)
        if name == "METRICS" and not parts:
            return lambda given: list(given.values())
        if name == "ABS" and len(parts) == 1:
            return _binary(lambda a, b: abs(a), parts[0], lambda given: 0.0)
        if name in OVER_SEVERAL and len(parts) == 1:
            return _over(OVER_SEVERAL[name], parts[0])
        raise self._error(f"the local cloud does not know {name} with {len(parts)} arguments")

    def _fill(self) -> Evaluate:
        filled = self._level(0)
        self._take(",")
        if self._peek() == "REPEAT":
            self._take()
            self._take(")")
            return lambda given: _repeated(filled(given))
        by = self._level(0)
        self._take(")")
        return lambda given: _filled(filled(given), by(given))


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise MisconfiguredError(f"the metric expression {text!r}: {text[at:].strip()[0]!r} is not known")
        yield match[1] or match[2] or match[3]
        at = match.end()


def _binary(operation: Operation, left: Evaluate, right: Evaluate) -> Evaluate:
    def one(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else operation(a, b)

    def evaluate(given: Mapping[str, Series]) -> Any:
        return _zipped(one, left(given), right(given))

    return evaluate


def _choice(parts: list[Evaluate]) -> Evaluate:
    """IF: zero and missing are false; without a third argument nothing is there then."""

    def evaluate(given: Mapping[str, Series]) -> Any:
        condition, yes = parts[0](given), parts[1](given)
        no = parts[2](given) if len(parts) == 3 else None
        return _zipped(lambda asked, a, b: a if asked else b, condition, yes, no)

    return evaluate


def _over(several: Callable[[Sequence[float]], float], part: Evaluate) -> Evaluate:
    """Over several series: one a period, of those that have it. Over one series: one number."""

    def evaluate(given: Mapping[str, Series]) -> Any:
        value = part(given)
        if not isinstance(value, list):
            return value
        if not value or not isinstance(value[0], list):
            there = [number for number in value if number is not None]
            return several(there) if there else None
        rows = ([number for number in row if number is not None] for row in zip(*value, strict=True))
        return [several(row) if row else None for row in rows]

    return evaluate


def _zipped(function: Callable[..., float | None], *values: Any) -> Any:
    lengths = {len(value) for value in values if isinstance(value, list)}
    if not lengths:
        return function(*values)
    columns = (value if isinstance(value, list) else [value] * max(lengths) for value in values)
    return [function(*row) for row in zip(*columns, strict=True)]


def _filled(value: Any, by: Any) -> Any:
    return _zipped(lambda a, b: b if a is None else a, value, by)


def _repeated(value: Any) -> Any:
    last: float | None = None
    repeated: Series = []
    for number in value:
        last = number if number is not None else last
        repeated.append(last)
    return repeated
