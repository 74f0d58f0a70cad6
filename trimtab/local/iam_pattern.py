"""Patterns of IAM: `*` is any characters, slashes and colons too, `?` is one; `${key}` is a value of the request's."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERAL = {"*": "*", "?": "?", "$": "$"}  # ${*} and the like


def matches(pattern: str, value: str, variables: Mapping[str, Sequence[str]] | None = None) -> bool:
    """Whether the whole value is of the pattern.

    `variables` are the request's condition keys in lower case; None where the policy's version knows no variables. A
    variable without a value matches nothing, and a `*` in a value is a plain character.
    """
    if variables is None or "${" not in pattern:
        return _compiled(pattern).fullmatch(value) is not None
    filled = _filled(pattern, variables)
    return filled is not None and re.fullmatch(filled, value, re.DOTALL) is not None


def filled_in(text: str, variables: Mapping[str, Sequence[str]] | None) -> str | None:
    """A text that is no pattern with its variables put in; None where one has no value."""
    if variables is None or "${" not in text:
        return text
    parts: list[str] = []
    for plain, found in _parts(text, variables):
        if found is None:
            return None
        parts += [plain, found]
    return "".join(parts)


def _filled(pattern: str, variables: Mapping[str, Sequence[str]]) -> str | None:
    expression = ""
    for plain, found in _parts(pattern, variables):
        if found is None:
            return None
        expression += _expression(plain) + re.escape(found)
    return expression


def _parts(text: str, variables: Mapping[str, Sequence[str]]) -> list[tuple[str, str | None]]:
    """The text before each variable with that variable's value, None where it has none; the rest with nothing."""
    parts: list[tuple[str, str | None]] = []
    end = 0
    for match in VARIABLE.finditer(text):
        name, _, default = match[1].partition(",")
        values = variables.get(name.strip().lower(), ())
        value = LITERAL.get(match[1], values[0] if len(values) == 1 else None)
        if value is None and default.strip():
            value = default.strip().strip("'")
        parts.append((text[end : match.start()], value))
        end = match.end()
    return [*parts, (text[end:], "")]


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL)


def _expression(pattern: str) -> str:
    pattern = re.sub(r"\*+", "*", pattern)  # the same, and quick to match
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
