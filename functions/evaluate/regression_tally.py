"""Tallies of a regression: sums of powers of its errors and of the truth, in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from functions.domain.reference import MetricValue
from functions.domain.regression_metrics import ErrorSums, regression_metrics
from functions.evaluate.grouping import Grouping

# In the order of ErrorSums.
_POWERS = (
    "e",
    "abs(e)",
    "e * e",
    "e * e * e * e",
    "t",
    "t * t",
    "t * t * t",
    "t * t * t * t",
    "e * e * t",
    "e * e * t * t",
)


@dataclass(frozen=True, slots=True)
class RegressionTally:
    """Sums of powers."""

    sums: ErrorSums

    @property
    def rows(self) -> float:
        return self.sums.rows

    def __add__(self, other: "RegressionTally") -> "RegressionTally":
        return RegressionTally(self.sums + other.sums)

    def metrics(self, confidence: float) -> Mapping[str, MetricValue]:
        return regression_metrics(self.sums, confidence)

    def bounds(self) -> Mapping[str, float]:
        return {}

    @classmethod
    def empty(cls) -> "RegressionTally":
        """The tally of no rows."""
        return cls(ErrorSums(*(0.0,) * len(ErrorSums.__slots__)))


def centre_of(con: duckdb.DuckDBPyConnection, rows: str) -> float:
    """The mean truth, from which the tallies count it; 0 where there is none."""
    found = con.execute(f"SELECT avg(target) FROM {rows}").fetchone()
    return 0.0 if found is None or found[0] is None else float(found[0])


@dataclass(frozen=True, slots=True)
class RegressionTallier:
    """Tallies `rows`: SQL to select labelled rows from. `centre` is near their mean truth."""

    con: duckdb.DuckDBPyConnection
    rows: str
    centre: float

    def empty(self) -> RegressionTally:
        return RegressionTally.empty()

    def tallies(self, by: Grouping, slices: bool) -> dict[int, RegressionTally]:
        return _tallies(self.con, self.rows, by, self.centre)


def _tallies(con: duckdb.DuckDBPyConnection, rows: str, by: Grouping, centre: float) -> dict[int, RegressionTally]:
    each = f"SELECT {by.column} AS key, score - target AS e, target - ({centre!r}) AS t FROM {rows}"
    sums = ", ".join(f"fsum({power})" for power in _POWERS)
    found = con.execute(f"SELECT {by.code('key')}, count(*), {sums} FROM ({each}) GROUP BY key").fetchall()
    tallies: dict[int, RegressionTally] = {}
    for code, *values in found:
        tally = RegressionTally(ErrorSums(*map(float, values)))
        tallies[code] = tallies[code] + tally if code in tallies else tally
    return tallies
