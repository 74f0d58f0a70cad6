"""What the label of a CSV file makes of the task: which kind of model, and which class is the positive one."""

from collections import Counter
from dataclasses import dataclass

from functions.adapters.csv_file import BOOLS, Table, is_null
from functions.domain.contract import Task
from functions.domain.errors import ModelFolderError
from trimtab.column_types import column_type

MOST_CLASSES = 100
MOST_WHOLE_NUMBER_CLASSES = 10  # more distinct whole numbers are a quantity
ROWS_A_CLASS = 10  # whole numbers with fewer rows each are a quantity
POSITIVE_WORDS = (
    "true",
    "yes",
    "y",
    "1",
    "positive",
    "pos",
    "malignant",
    "bad",
    "default",
    "fraud",
    "churn",
    "churned",
)

Class = bool | int | str


@dataclass(frozen=True, slots=True)
class LabelType:
    """The label's name, its type as csv_file reads it, the task, and the positive class if that is binary."""

    name: str
    kind: str
    task: Task
    positive: Class | None
    missing: int
    why: str


def label_type(table: Table, name: str) -> LabelType:
    """Infer the task from the label's values.

    Raises:
        ModelFolderError: there is nothing to learn: no values, one class, a class with one row, or a time or free text.
    """
    column = column_type(table, name, is_label=True)
    present = [cell for cell in table.columns[name] if not is_null(cell)]
    if column.is_time:
        raise ModelFolderError(f"label {name!r} is a time: a label is a class or a number")
    if column.distinct < 2:
        only = f"always {present[0]!r}" if present else "empty"
        raise ModelFolderError(f"label {name!r} is {only}: a model needs two classes, or numbers, to tell apart")
    if column.kind in ("float32", "int64") and not _is_class(present, column.kind):
        why = f"{name!r} holds {column.distinct:,} different numbers"
        return LabelType(name, "float32", "regression", None, column.missing, why)
    kind = column.kind
    classes = Counter(_class(cell, kind) for cell in present)
    if len(classes) > MOST_CLASSES:
        raise ModelFolderError(
            f"label {name!r} holds {len(classes):,} different texts: up to {MOST_CLASSES} can be classes"
        )
    rare = next((cell for cell, count in classes.items() if count == 1), None)
    if rare is not None:
        line = next(
            line for cell, line in zip(table.columns[name], table.lines, strict=True)
            if not is_null(cell) and _class(cell, kind) == rare
        )  # fmt: skip
        raise ModelFolderError(
            f"{table.name} line {line}: {rare!r} is the only row of its class in {name!r}: mend it, leave it empty, "
            "or add rows of that class"
        )
    why = f"{name!r} holds {len(classes)} classes"
    if len(classes) > 2:
        return LabelType(name, kind, "multiclass", None, column.missing, why)
    return LabelType(name, kind, "binary", _positive(classes), column.missing, why)


def _is_class(present: list[str], kind: str) -> bool:
    """Whether numbers are classes: whole, few, and each often enough."""
    values = Counter(float(cell) for cell in present)
    if not all(value.is_integer() for value in values):
        return False
    if len(values) == 2:
        return True
    return kind == "int64" and len(values) <= MOST_WHOLE_NUMBER_CLASSES and len(present) >= ROWS_A_CLASS * len(values)


def _class(cell: str, kind: str) -> Class:
    if kind == "bool":
        return BOOLS[cell.lower()]
    return int(float(cell)) if kind in ("int64", "float32") else cell  # 1.0 is the class 1


def _positive(classes: Counter[Class]) -> Class:
    """The class that reads as a yes, or else the rarer one."""
    for value in classes:
        if str(value).lower() in POSITIVE_WORDS:
            return value
    return min(classes, key=lambda value: (classes[value], str(value)))
