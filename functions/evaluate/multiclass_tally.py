"""Tallies of a classifier of several classes: its confusion matrix and log loss, counted in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from functions.domain.binary_metrics import SMALLEST_PROBABILITY
from functions.domain.multiclass_metrics import multiclass_metrics
from functions.domain.ranking import Floats
from functions.domain.reference import MetricValue
from functions.evaluate.grouping import Grouping


@dataclass(frozen=True, slots=True)
class MulticlassTally:
    """`confusion` is [true class, predicted class]; log loss is of the rows that have probabilities."""

    confusion: Floats
    loss_rows: float = 0.0
    losses: float = 0.0
    loss_squares: float = 0.0

    @property
    def rows(self) -> float:
        return float(self.confusion.sum())

    def __add__(self, other: "MulticlassTally") -> "MulticlassTally":
        return MulticlassTally(
            self.confusion + other.confusion,
            self.loss_rows + other.loss_rows,
            self.losses + other.losses,
            self.loss_squares + other.loss_squares,
        )

    def metrics(self, confidence: float) -> Mapping[str, MetricValue]:
        return multiclass_metrics(self.confusion, self.loss_rows, self.losses, self.loss_squares, confidence)

    def bounds(self) -> Mapping[str, float]:
        return {}

    @classmethod
    def empty(cls, classes: int) -> "MulticlassTally":
        """The tally of no rows."""
        return cls(np.zeros((classes, classes)))


def classes_of(con: duckdb.DuckDBPyConnection, rows: str, known: Sequence[str] | None) -> tuple[str, ...]:
    """The classes that the matrix has: the model's, then what else was predicted, or is true where it names none."""
    seen = con.execute(
        f"SELECT prediction FROM {rows} WHERE prediction IS NOT NULL UNION SELECT label FROM {rows}"
        if known is None
        else f"SELECT DISTINCT prediction FROM {rows} WHERE prediction IS NOT NULL"
    ).fetchall()
    first = tuple(known or ())
    return first + tuple(sorted({row[0] for row in seen} - set(first)))


@dataclass(frozen=True, slots=True)
class MulticlassTallier:
    """Tallies `rows`: SQL to select labelled rows with a prediction from. `classes` are all that occur in them."""

    con: duckdb.DuckDBPyConnection
    rows: str
    classes: Sequence[str]

    def empty(self) -> MulticlassTally:
        return MulticlassTally.empty(len(self.classes))

    def tallies(self, by: Grouping, slices: bool) -> dict[int, MulticlassTally]:
        return _tallies(self.con, self.rows, by, self.classes)


def _tallies(
    con: duckdb.DuckDBPyConnection, rows: str, by: Grouping, classes: Sequence[str]
) -> dict[int, MulticlassTally]:
    each = f"""
        SELECT {by.column} AS key, label, prediction,
            CASE WHEN probabilities IS NOT NULL
                THEN -ln(greatest(coalesce(probabilities[label], 0), {SMALLEST_PROBABILITY})) END AS loss
        FROM {rows}"""
    found = con.execute(f"""
        SELECT {by.code("key")}, label, prediction, count(*), count(loss), coalesce(fsum(loss), 0),
            coalesce(fsum(loss * loss), 0)
        FROM ({each}) GROUP BY key, label, prediction ORDER BY 1, 2, 3""").fetchall()
    place = {name: index for index, name in enumerate(classes)}
    tallies: dict[int, MulticlassTally] = {}
    for code, label, prediction, count, *losses in found:
        cell = MulticlassTally(np.zeros((len(classes), len(classes))), *losses)
        cell.confusion[place[label], place[prediction]] = count
        tallies[code] = tallies[code] + cell if code in tallies else cell
    return tallies
