"""Which rows performance is measured on: those whose truth is known, and is one that the model could have said."""

from collections.abc import Sequence

import duckdb

from functions.domain.contract import Task
from functions.evaluate.literals import text_list


def known_truth(task: Task, classes: Sequence[str] | None) -> str:
    """SQL's condition for such rows."""
    if task == "regression":
        return "target IS NOT NULL AND score IS NOT NULL"
    answered = "score IS NOT NULL" if task == "binary" else "prediction IS NOT NULL"
    of_a_class = "" if classes is None else f" AND {_among(classes)}"
    return f"label IS NOT NULL AND {answered}{of_a_class}"


def count_rows(con: duckdb.DuckDBPyConnection, view: str, where: str = "true") -> int:
    """How many rows of a view hold a condition."""
    found = con.execute(f"SELECT count(*) FROM {view} WHERE {where}").fetchone()
    return 0 if found is None else int(found[0])


def count_unknown(con: duckdb.DuckDBPyConnection, view: str, classes: Sequence[str] | None) -> int:
    """How many labels name a class that the model does not know."""
    if classes is None:
        return 0
    return count_rows(con, view, f"label IS NOT NULL AND NOT {_among(classes)}")


def _among(classes: Sequence[str]) -> str:
    return f"list_contains({text_list(classes)}, label)"
