"""EventBridge's event patterns: which events a rule matches.

It knows literals, prefix, suffix, anything-but (of literals, prefix, suffix, wildcard, equals-ignore-case), numeric,
exists, equals-ignore-case, wildcard and `$or`, in fields as deep as one likes. Other filters are errors.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from functions.domain.errors import MisconfiguredError

ABSENT = object()
Matches = Callable[[Any], bool]
NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit, "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit, ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}  # fmt: skip


def read_pattern(pattern: Any) -> Matches:
    """What tells whether an event matches.

    Raises:
        MisconfiguredError: the pattern is none, or holds a filter that the local cloud does not know.
    """
    if not isinstance(pattern, Mapping) or not pattern:
        raise MisconfiguredError(f"{pattern!r} is no event pattern: an object of fields with lists of values")
    fields = {name: _field(name, wanted) for name, wanted in pattern.items() if name != "$or"}
    either = [read_pattern(one) for one in pattern.get("$or", [])]
    if "$or" in pattern and len(either) < 2:
        raise MisconfiguredError("$or takes a list of two patterns at least")

    def matches(event: Any) -> bool:
        there = event if isinstance(event, Mapping) else {}
        if not all(field(there.get(name, ABSENT)) for name, field in fields.items()):
            return False
        return not either or any(one(event) for one in either)

    return matches


def _field(name: str, wanted: Any) -> Matches:
    """A field's own pattern, or a list of filters of which one must hold; of a list in the event, for one item."""
    if isinstance(wanted, Mapping):
        nested = read_pattern(wanted)
        return lambda value: any(map(nested, value)) if isinstance(value, list) else nested(value)
    if not isinstance(wanted, list) or not wanted:
        raise MisconfiguredError(f"the event pattern's field {name} must hold a list of values, not {wanted!r}")
    filters = [_filter(name, one) for one in wanted]

    def matches(value: Any) -> bool:
        values = value if isinstance(value, list) and value else [ABSENT if value == [] else value]
        return any(one(item) for one in filters for item in values)

    return matches


def _filter(name: str, wanted: Any) -> Matches:
    if not isinstance(wanted, Mapping):
        return lambda value: _equal(value, wanted)
    if len(wanted) != 1:
        raise MisconfiguredError(f"the event pattern's field {name}: a filter has one key, not {sorted(wanted)}")
    kind, argument = next(iter(wanted.items()))
    makers: dict[str, Callable[[Any], Matches]] = {
        "prefix": _prefix,
        "suffix": _suffix,
        "equals-ignore-case": _ignoring_case,
        "wildcard": _wildcard,
        "anything-but": _anything_but,
        "numeric": _numeric,
        "exists": lambda there: lambda value: (value is not ABSENT) == bool(there),
    }
    if kind not in makers:
        raise MisconfiguredError(f"the event pattern's field {name}: the local cloud does not know the filter {kind}")
    try:
        return makers[kind](argument)
    except (AttributeError, TypeError, ValueError) as error:
        raise MisconfiguredError(f"the event pattern's field {name}: {kind} does not take {argument!r}") from error


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool) or value is None or wanted is None:
        return value is wanted
    return bool(value == wanted)


def _prefix(argument: Any) -> Matches:
    if isinstance(argument, Mapping):
        start = argument["equals-ignore-case"].lower()
        return lambda value: isinstance(value, str) and value.lower().startswith(start)
    start = argument if isinstance(argument, str) else _not_text(argument)
    return lambda value: isinstance(value, str) and value.startswith(start)


def _suffix(argument: Any) -> Matches:
    if isinstance(argument, Mapping):
        end = argument["equals-ignore-case"].lower()
        return lambda value: isinstance(value, str) and value.lower().endswith(end)
    end = argument if isinstance(argument, str) else _not_text(argument)
    return lambda value: isinstance(value, str) and value.endswith(end)


def _ignoring_case(argument: Any) -> Matches:
    wanted = argument.lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _wildcard(argument: Any) -> Matches:
    """`*` stands for any characters; a backslash makes it a star."""
    parts = re.split(r"\\(.)|(\*)", argument)
    literal = "".join(
        ".*" if part == "*" and index % 3 == 2 else re.escape(part or "") for index, part in enumerate(parts)
    )
    compiled = re.compile(literal, re.DOTALL)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _anything_but(argument: Any) -> Matches:
    if isinstance(argument, Mapping):
        kind, inner = next(iter(argument.items()))
        if kind not in ("prefix", "suffix", "wildcard", "equals-ignore-case"):
            raise ValueError(kind)
        refused = [_filter("anything-but", {kind: one}) for one in (inner if isinstance(inner, list) else [inner])]
    else:
        refused = [_filter("anything-but", one) for one in (argument if isinstance(argument, list) else [argument])]
    return lambda value: value is not ABSENT and not any(one(value) for one in refused)


def _numeric(argument: Any) -> Matches:
    pairs = [(NUMERIC.get(argument[at]), argument[at + 1]) for at in range(0, len(argument), 2)]
    if not pairs or any(compare is None or isinstance(limit, bool | str) for compare, limit in pairs):
        raise ValueError(argument)

    def matches(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return all(compare(value, float(limit)) for compare, limit in pairs if compare)

    return matches


def _not_text(argument: Any) -> str:
    raise TypeError(argument)
