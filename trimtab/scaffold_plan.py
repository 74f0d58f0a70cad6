"""Decides what `trimtab new` makes of a CSV file."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from functions.adapters.csv_file import Table, typed_columns
from functions.adapters.model_settings import TIME
from functions.domain.errors import ModelFolderError
from trimtab.column_types import ColumnType, column_type, why_no_feature
from trimtab.label_type import LabelType, label_type

FEWEST_ROWS = 20
FEWEST_A_WINDOW = 400  # rows: twice what [evaluate] min_rows asks for
WINDOWS_DAYS = (7, 28, 91, 364)  # whole weeks
DAILY_UP_TO_DAYS = 28  # longer windows are judged once a week
LABELS_OF_WINDOWS, LABELS_OF_DAYS, FEWEST_NEW_LABELS = 3, 28, 1_000
MOST_SLICES, MOST_VALUES_OF_SLICE = 3, 10
BEST_TIME_NAMES = ("time", "timestamp", "datetime", "date")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a folder is to hold: features, label, and the column that says when a row happened, if there is one.

    `days` is how long the file's rows took to happen; None without times.
    """

    name: str
    source: str
    rows: int
    features: tuple[ColumnType, ...]
    label: LabelType
    time: ColumnType | None
    days: float | None

    @property
    def window(self) -> str:
        """How much of the log one evaluation judges."""
        return f"{self._window_days}d"

    @property
    def window_why(self) -> str:
        if self.days is None:
            return "the file says nothing of how many rows a day has: a week"
        return f"about {self._rows_in(self._window_days):,.0f} predictions, if they come as in the file"

    @property
    def schedule(self) -> str:
        """How often it is judged."""
        return "1d" if self._window_days <= DAILY_UP_TO_DAYS else "7d"

    @property
    def min_labels(self) -> int:
        """New labels that make another retraining worth its while: those of 28 days or three windows, to two digits.

        bench/loop_policy.py: with fewer, a drifting model is retrained more often and gains little more.
        """
        if self.days is None:
            return FEWEST_NEW_LABELS
        labels = self._rows_in(self._days_of_labels) * (1 - self.label.missing / self.rows)
        return max(FEWEST_NEW_LABELS, round(float(f"{labels:.2g}")))

    @property
    def min_labels_why(self) -> str:
        if self.min_labels == FEWEST_NEW_LABELS:
            return "new labels since the last retraining, without which there is no other"
        return (
            "new labels since the last retraining, without which there is no other: "
            f"about {self._days_of_labels} days of them"
        )

    @property
    def _days_of_labels(self) -> int:
        return max(LABELS_OF_WINDOWS * self._window_days, LABELS_OF_DAYS)

    @property
    def slices(self) -> tuple[str, ...]:
        """Texts of few values, by which performance is worth telling apart: those of the fewest first."""
        few = [c for c in self.features if c.kind == "string" and 2 <= c.distinct <= MOST_VALUES_OF_SLICE]
        return tuple(column.name for column in sorted(few, key=lambda column: column.distinct)[:MOST_SLICES])

    @property
    def _window_days(self) -> int:
        if self.days is None:
            return WINDOWS_DAYS[0]
        full = (days for days in WINDOWS_DAYS if self._rows_in(days) >= FEWEST_A_WINDOW)
        return next(full, WINDOWS_DAYS[-1])

    def _rows_in(self, days: float) -> float:
        return self.rows / max(self.days or 0.0, 1.0) * days


def make_plan(name: str, table: Table, label: str, report: Progress) -> Plan:
    """Decide on features, label, task and time.

    Raises:
        ModelFolderError: no such label column, too few rows, or no column is left as a feature.
    """
    if label not in table.columns:
        near = difflib.get_close_matches(label, table.columns, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(table.columns)}"
        raise ModelFolderError(f"{table.name} has no column {label!r}: {hint}")
    about_label = label_type(table, label)
    labelled = len(table) - about_label.missing
    if labelled < FEWEST_ROWS:
        raise ModelFolderError(f"{table.name} has {labelled} labelled rows: {FEWEST_ROWS} are the fewest to learn from")
    columns = [column_type(table, column) for column in table.columns if column != label]
    time = _time(columns, label)
    features = []
    for column in columns:
        reason = why_no_feature(column, table)
        if column is time:
            report(f"column {column.name!r} says when a row happened: the newest rows are held out to measure on")
        elif reason is not None:
            report(f"column {column.name!r} is left out: {reason}")
        else:
            features.append(column)
    if not features:
        raise ModelFolderError(f"{table.name} has no column beside {label!r} to learn from: add some")
    _report_label(about_label, report)
    return Plan(name, table.name, len(table), tuple(features), about_label, time, _days(table, time))


def time_column(table: Table, label: str) -> str | None:
    """The name of the column that says when a row happened, if the file has one."""
    found = _time([column_type(table, column) for column in table.columns if column != label], label)
    return None if found is None else found.name


def _report_label(label: LabelType, report: Progress) -> None:
    positive = "" if label.positive is None else f", and {label.positive!r} is the positive one"
    report(f"{label.why}{positive}: a {label.task} model")
    if label.missing:
        report(f"{label.missing:,} rows without {label.name!r} are not learnt from")


def _days(table: Table, time: ColumnType | None) -> float | None:
    if time is None:
        return None
    times = typed_columns(table, {time.name: time.kind})[time.name]
    return float((times.max() - times.min()) / np.timedelta64(1, "D"))


def _time(columns: Sequence[ColumnType], label: str) -> ColumnType | None:
    """The column that says when a row happened: complete, not constant; the best named, or the first.

    None where a feature or the label is itself called `time`, since the data set can have only one column of that name.
    """
    times = [column for column in columns if column.is_time and not column.missing and column.distinct > 1]
    taken = {label} | {column.name for column in columns if not column.is_time}
    if not times or TIME in taken:
        return None
    named = {column.name.lower(): column for column in reversed(times)}
    return next((named[name] for name in BEST_TIME_NAMES if name in named), times[0])
