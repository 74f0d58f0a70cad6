"""The first place at which two documents differ, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 60  # characters of a value that are shown


def first_difference(before: Any, after: Any, path: str = "") -> str | None:
    """Where two parsed JSON documents first differ, by the order of their keys; None where they do not."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            place = f"{path}.{key}" if path else str(key)
            if key not in after:
                return f"{place} is missing"
            if key not in before:
                return f"{place} is new"
            if found := first_difference(before[key], after[key], place):
                return found
        return None
    if _is_list(before) and _is_list(after):
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            if found := first_difference(old, new, f"{path}[{index}]"):
                return found
        return None if len(before) == len(after) else f"{path} has {len(after)} entries, not {len(before)}"
    if type(before) is type(after) and before == after:
        return None
    return f"{path or 'the document'} is {_shown(after)}, not {_shown(before)}"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
