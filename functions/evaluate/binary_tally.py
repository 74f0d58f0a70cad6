"""Tallies of a binary classifier's labelled rows, counted in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np

from functions.domain.binary_metrics import (
    CALIBRATION_BINS,
    SMALLEST_PROBABILITY,
    BinarySums,
    binary_metrics,
)
from functions.domain.ranking import Floats, Rankings, ScoreGroups, average_precision_bound, rankings, roc_auc_bound
from functions.domain.reference import MetricValue
from functions.evaluate.grouping import Grouping
from functions.evaluate.literals import text_literal

# Scores are told apart exactly up to so many rows; beyond, by a grid: a bound of about 1e-5.
EXACT_ROWS, GRID = 1_000_000, 65_536
# The same where rows are parted into slices, of which there may be many: a bound of about 1e-4.
EXACT_SLICE_ROWS, SLICE_GRID = 100_000, 4_096


@dataclass(frozen=True)
class BinaryTally:
    """Sums by calibration bin, and counts by score; `exact` where each score has a group of its own."""

    sums: BinarySums
    groups: ScoreGroups
    exact: bool

    @property
    def rows(self) -> float:
        return float(self.sums.rows.sum())

    def __add__(self, other: "BinaryTally") -> "BinaryTally":
        return BinaryTally(self.sums + other.sums, _joined(self.groups, other.groups), self.exact and other.exact)

    def metrics(self, confidence: float) -> Mapping[str, MetricValue]:
        return binary_metrics(self.sums, self.rankings, confidence)

    def bounds(self) -> Mapping[str, float]:
        if self.exact:
            return {}
        bounds = {"roc_auc": roc_auc_bound, "average_precision": average_precision_bound}
        return {name: bound(self.groups) for name, bound in bounds.items()}

    @cached_property
    def rankings(self) -> Rankings:
        """How well the scores rank."""
        return rankings(self.groups)

    @classmethod
    def empty(cls) -> "BinaryTally":
        """The tally of no rows."""
        nothing = np.zeros(0)
        zeros = {name: np.zeros(CALIBRATION_BINS) for name in BinarySums.__slots__}
        return cls(BinarySums(**zeros), ScoreGroups(nothing, nothing, nothing), exact=True)


@dataclass(frozen=True, slots=True)
class BinaryTallier:
    """Tallies `rows`: SQL to select labelled rows with a score from. `count` is how many these are."""

    con: duckdb.DuckDBPyConnection
    rows: str
    count: int
    positive: str

    def empty(self) -> BinaryTally:
        return BinaryTally.empty()

    def tallies(self, by: Grouping, slices: bool) -> dict[int, BinaryTally]:
        exact, grid = (EXACT_SLICE_ROWS, SLICE_GRID) if slices else (EXACT_ROWS, GRID)
        return self.on_grid(by, None if self.count <= exact else grid)

    def on_grid(self, by: Grouping, grid: int | None) -> dict[int, BinaryTally]:
        """Without `grid`, scores are exact."""
        sums = _sums(self.con, self.rows, by, self.positive)
        groups = _groups(self.con, self.rows, by, self.positive, grid)
        return {code: BinaryTally(sums[code], groups[code], grid is None) for code in sorted(sums)}


def _sums(con: duckdb.DuckDBPyConnection, rows: str, by: Grouping, positive: str) -> dict[int, BinarySums]:
    truth = text_literal(positive)
    each = f"""
        SELECT {by.column} AS key, score, label = {truth} AS positive, prediction = {truth} AS called,
            CASE WHEN label = {truth} THEN score ELSE 1 - score END AS given,
            -ln(greatest(given, {SMALLEST_PROBABILITY})) AS loss, (1 - given) * (1 - given) AS brier,
            greatest(least(floor(score * {CALIBRATION_BINS})::INTEGER, {CALIBRATION_BINS - 1}), 0) AS bin
        FROM {rows}"""
    found = con.execute(f"""
        SELECT {by.code("key")}, bin, count(*), count_if(positive), fsum(score), fsum(loss), fsum(loss * loss),
            fsum(brier), fsum(brier * brier), count_if(called), count_if(called AND positive)
        FROM ({each}) GROUP BY key, bin""").fetchall()
    parted: dict[int, dict[str, Floats]] = {}
    names = BinarySums.__slots__
    for code, place, count, positives, score, *others in found:
        bins = parted.setdefault(code, {name: np.zeros(CALIBRATION_BINS) for name in names})
        for name, value in zip(names, (count, positives, score, *others), strict=True):
            bins[name][place] += value
    return {code: BinarySums(**bins) for code, bins in parted.items()}


def _groups(
    con: duckdb.DuckDBPyConnection, rows: str, by: Grouping, positive: str, grid: int | None
) -> dict[int, ScoreGroups]:
    key = "score" if grid is None else f"floor(score * {grid})"
    mean = "score" if grid is None else "avg(score)"
    counted = (
        f"SELECT {by.column} AS key, {mean} AS score, count_if(label = {text_literal(positive)}) AS positives, "
        f"count(*) AS rows FROM {rows} GROUP BY key, {key}"
    )
    found = con.execute(f"SELECT {by.code('key')} AS code, score, positives, rows FROM ({counted})").fetchnumpy()
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}
    groups = {}
    for code in np.unique(columns["code"]).astype(int).tolist():
        scores, positives, count = (columns[name][columns["code"] == code] for name in ("score", "positives", "rows"))
        groups[code] = ScoreGroups.of(scores, positives, count - positives)
    return groups


def _joined(*groups: ScoreGroups) -> ScoreGroups:
    return ScoreGroups.of(
        np.concatenate([g.scores for g in groups]),
        np.concatenate([g.positives for g in groups]),
        np.concatenate([g.negatives for g in groups]),
    )
