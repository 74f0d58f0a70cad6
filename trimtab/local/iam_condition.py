"""Conditions of IAM statements; an operator that is not known here is an error, never a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from functions.domain.errors import MisconfiguredError
from trimtab.local.iam_pattern import filled_in, matches

Context = Mapping[str, tuple[str, ...]]
Match = Callable[[str, str, Context | None], bool]


def _equals(wanted: str, value: str, variables: Context | None) -> bool:
    return filled_in(wanted, variables) == value


def _equals_in_any_case(wanted: str, value: str, variables: Context | None) -> bool:
    filled = filled_in(wanted, variables)
    return filled is not None and filled.casefold() == value.casefold()


def _same_flag(wanted: str, value: str, variables: Context | None) -> bool:
    return value.casefold() in ("true", "false") and _equals_in_any_case(wanted, value, variables)


# Operator: how one wanted value matches, and whether the operator is the opposite of that. ArnEquals takes wildcards as
# ArnLike does.
OPERATORS: Mapping[str, tuple[Match, bool]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_in_any_case, False),
    "StringNotEqualsIgnoreCase": (_equals_in_any_case, True),
    "StringLike": (matches, False),
    "StringNotLike": (matches, True),
    "ArnEquals": (matches, False),
    "ArnLike": (matches, False),
    "ArnNotEquals": (matches, True),
    "ArnNotLike": (matches, True),
    "Bool": (_same_flag, False),
}
NULL, IF_EXISTS = "Null", "IfExists"
FOR_ALL, FOR_ANY = "ForAllValues:", "ForAnyValue:"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator; `key` in lower case."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    if_exists: bool
    over: Literal["one", "all", "any"]

    def holds(self, context: Context, variables: Context | None) -> bool:
        """Whether it holds for a request; `variables` is None in a policy whose version knows none."""
        values = context.get(self.key, ())
        if self.operator == NULL:
            return any(_flag(one) == (not values) for one in self.wanted)
        match, negated = OPERATORS[self.operator]
        if not values:  # without the key nothing is equal to it, and ForAllValues has nothing to ask of
            return self.if_exists or self.over == "all" or (negated and self.over == "one")
        held = [any(match(one, value, variables) for one in self.wanted) != negated for value in values]
        if self.over == "any" or (self.over == "one" and not negated):
            return any(held)
        return all(held)


def read_conditions(read: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """A statement's Condition element.

    Raises:
        MisconfiguredError: an operator is not known here.
    """
    return tuple(_condition(operator, key, wanted) for operator, keys in read.items() for key, wanted in keys.items())


def _condition(written: str, key: str, wanted: str | bool | Sequence[str | bool]) -> Condition:
    over: Literal["one", "all", "any"] = (
        "all" if written.startswith(FOR_ALL) else "any" if written.startswith(FOR_ANY) else "one"
    )
    operator = written.removeprefix(FOR_ALL).removeprefix(FOR_ANY)
    if_exists = operator.endswith(IF_EXISTS)
    operator = operator.removesuffix(IF_EXISTS)
    if operator not in OPERATORS and (operator, if_exists, over) != (NULL, False, "one"):
        raise MisconfiguredError(
            f"the local cloud does not know the condition operator {written}: it knows {', '.join(OPERATORS)}, {NULL}"
        )
    listed = [wanted] if isinstance(wanted, str | bool) else list(wanted)
    texts = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in listed)
    return Condition(operator, key.lower(), texts, if_exists, over)


def _flag(text: str) -> bool:
    return text.lower() == "true"
