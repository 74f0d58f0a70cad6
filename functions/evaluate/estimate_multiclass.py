"""CBPE of a classifier with several classes: from the rows' probabilities, a part of the window at a time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import add

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.domain.expected_performance import ExpectedCounts, expected_counts
from functions.domain.model_config import ModelConfig
from functions.domain.multiclass_metrics import multiclass_metrics
from functions.domain.ranking import Floats
from functions.domain.reference import MetricValue, Reference
from functions.evaluate.grouping import Grouping
from functions.evaluate.labelled import count_rows, known_truth
from functions.evaluate.literals import text_list, text_literal
from functions.evaluate.multiclass_tally import MulticlassTallier, classes_of

NUMBERS_AT_ONCE = 4_000_000  # probabilities in memory: 32 MB, and some copies

type Values = Mapping[str, MetricValue]


def estimate_multiclass(
    con: duckdb.DuckDBPyConnection, view: str, config: ModelConfig, reference: Reference, labelled: bool
) -> tuple[int, Values, Values]:
    """Number of rows, estimated metrics, and, if `labelled` (then of labelled rows only), the realised ones."""
    calibrations = reference.calibrations or {}
    classes = tuple(calibrations)
    where = "prediction IS NOT NULL AND probabilities IS NOT NULL"
    if labelled:
        where += f" AND {known_truth(config.task, classes)}"
    nothing = ExpectedCounts(np.zeros((len(classes) + 1,) * 2), 0.0, 0.0, 0.0)
    parts = (
        expected_counts(probabilities, predicted, tuple(calibrations.values()))
        for probabilities, predicted in _parts(con, view, where, classes)
    )
    total = reduce(add, parts, nothing)
    confidence = config.evaluate.confidence
    estimated = multiclass_metrics(total.confusion, total.rows, total.losses, total.loss_squares, confidence)
    if not labelled:
        return round(total.rows), estimated, {}
    return round(total.rows), estimated, _realised(con, f"(SELECT * FROM {view} WHERE {where})", classes, confidence)


def _parts(
    con: duckdb.DuckDBPyConnection, view: str, where: str, classes: Sequence[str]
) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """Probabilities [rows, classes] and predicted places [rows], by spans of time of about as many rows each."""
    count = count_rows(con, view, where)
    parts = max(1, -(-count * len(classes) // NUMBERS_AT_ONCE))
    chances = ", ".join(f"coalesce(probabilities[{text_literal(name)}], 0) AS c{k}" for k, name in enumerate(classes))
    place = f"coalesce(list_position({text_list(classes)}, prediction), {len(classes) + 1}) - 1"
    for span in _spans(con, view, where, parts):
        found = con.execute(f"SELECT {place} AS place, {chances} FROM {view} WHERE {where} AND {span}").fetchnumpy()
        columns = [np.asarray(found[f"c{k}"], dtype=np.float64) for k in range(len(classes))]
        yield np.stack(columns, axis=1), np.asarray(found["place"], dtype=np.int64)


def _spans(con: duckdb.DuckDBPyConnection, view: str, where: str, parts: int) -> list[str]:
    """SQL's conditions that part the rows by time."""
    if parts == 1:
        return ["true"]
    shares = ", ".join(str(part / parts) for part in range(1, parts))
    found = con.execute(f"SELECT quantile_disc(epoch_ms(time), [{shares}]) FROM {view} WHERE {where}").fetchone()
    edges = sorted(set(found[0])) if found else []
    lower = ["true", *(f"epoch_ms(time) >= {edge}" for edge in edges)]
    upper = [*(f"epoch_ms(time) < {edge}" for edge in edges), "true"]
    return [f"{low} AND {high}" for low, high in zip(lower, upper, strict=True)]


def _realised(con: duckdb.DuckDBPyConnection, rows: str, classes: Sequence[str], confidence: float) -> Values:
    tallier = MulticlassTallier(con, rows, classes_of(con, rows, classes))
    tallies = tallier.tallies(Grouping("'all'", ("all",), 0), slices=False)
    return reduce(add, tallies.values(), tallier.empty()).metrics(confidence)
