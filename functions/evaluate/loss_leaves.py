"""The leaves of a reference's loss tree as SQL."""

from collections.abc import Sequence
from typing import Any

from functions.domain.errors import CorruptArtifactError
from functions.domain.log_table import quoted
from functions.domain.reference import LossLeaf
from functions.evaluate.literals import text_list


def leaf_number(leaves: Sequence[LossLeaf]) -> str:
    """SQL for the number, from 0 on, of the leaf that a row of the log table falls into.

    Raises:
        CorruptArtifactError: a condition has an operator that this code does not know.
    """
    cases = " ".join(f"WHEN {_holds(leaf)} THEN {number}" for number, leaf in enumerate(leaves))
    return f"CASE {cases} END"


def _holds(leaf: LossLeaf) -> str:
    return " AND ".join(_condition(*condition) for condition in leaf.conditions) or "true"


def _condition(column: str, operator: str, value: Any) -> str:
    name = quoted(column)
    if operator in ("in", "not in"):
        # A missing text is the empty one, as it was at training.
        return f"{'NOT ' if operator == 'not in' else ''}list_contains({text_list(value)}, coalesce({name}, ''))"
    side, missing = operator.rstrip("?"), operator.endswith("?")
    if side not in ("<=", ">"):
        raise CorruptArtifactError(f"the loss tree compares with {operator!r}, which this code does not know")
    # The tree has seen numbers in single precision, and holds thresholds between them in double.
    return f"coalesce({name}::FLOAT::DOUBLE {side} {float(value)!r}, {str(missing).lower()})"
