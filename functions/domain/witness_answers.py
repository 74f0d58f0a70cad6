"""Whether a model answers its witness rows as it did when they were recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

# Same file, same runtime: only the processor's float32 arithmetic may differ. How far the model may be from its
# estimator was judged at training, by model.toml's own tolerance.
RELATIVE, ABSOLUTE = 1e-5, 1e-6


def difference(expected: Mapping[str, Any], answered: Mapping[str, Any]) -> str | None:
    """The first output that differs, in words; None where all are the same. Both are lists of rows by name."""
    for name, rows in expected.items():
        values, got = list(flat(rows)), list(flat(answered.get(name, [])))
        if len(values) != len(got):
            return f"output {name} should have {len(values)} values, it has {len(got)}"
        for value, other in zip(values, got, strict=True):
            if not same_answer(value, other):
                return f"output {name} should be {value!r}, it is {other!r}"
    return None


def same_answer(expected: Any, answered: Any) -> bool:
    """Whether one value is the same, or a float that only another processor makes of it."""
    if isinstance(expected, float) and isinstance(answered, int | float):
        return abs(expected - answered) <= ABSOLUTE + RELATIVE * abs(expected)
    return bool(expected == answered)


def flat(value: Any) -> Iterator[Any]:
    """The values in nested lists, in their order."""
    if isinstance(value, list):
        for part in value:
            yield from flat(part)
    else:
        yield value
