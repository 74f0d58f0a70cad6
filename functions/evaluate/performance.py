"""Realised performance: metrics of the labelled rows that are mature, overall, by version and by slice."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import duckdb

from functions.domain.calibration_error import reliability
from functions.domain.log_table import class_text, feature_column, quoted
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.significant import significant
from functions.evaluate.binary_tally import BinaryTallier, BinaryTally
from functions.evaluate.grouping import grouping
from functions.evaluate.labelled import count_rows, count_unknown, known_truth
from functions.evaluate.metric_entries import metric_entries
from functions.evaluate.multiclass_tally import MulticlassTallier, MulticlassTally, classes_of
from functions.evaluate.regression_tally import RegressionTallier, centre_of
from functions.evaluate.tally import Tallier, Tally
from functions.evaluate.window_rows import LABELLED

LARGEST_CONFUSION = 50  # classes; nobody reads a larger matrix, so it is left out


def performance(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, classes: Sequence[str] | None, reference: Reference | None
) -> dict[str, Any]:
    """The report's `performance`, of the view `labelled_rows`.

    `classes` are those that the live version knows, as the log table writes them; None for a regression, and where
    nobody says (then whatever is predicted or true is one). Labels of other classes are counted, and left out.
    """
    truth = known_truth(config.task, classes)
    rows, count = f"(SELECT * FROM {LABELLED} WHERE {truth})", count_rows(con, LABELLED, truth)
    tallier = _tallier(con, config, classes, rows, count)
    versions = grouping(con, rows, "version")
    by_version = tallier.tallies(versions, slices=False)
    overall = reduce(add, by_version.values()) if by_version else tallier.empty()
    return {
        "rows": count,
        "metrics": metric_entries(overall, config, reference),
        "versions": [
            {"version": versions.name(code)[1], "rows": round(tally.rows), "metrics": metric_entries(tally, config)}
            for code, tally in by_version.items()
        ],
        "slices": [part for name in config.evaluate.slices for part in _slices(con, rows, name, config, tallier)],
        "reliability": _reliability(overall, config.evaluate.confidence),
        "confusion": _confusion(overall, tallier, config),
        "unknown_labels": count_unknown(con, LABELLED, classes),
    }


def _tallier(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, classes: Sequence[str] | None, rows: str, count: int
) -> Tallier:
    if config.task == "binary":
        return BinaryTallier(con, rows, count, class_text(config.positive))
    if config.task == "multiclass":
        return MulticlassTallier(con, rows, classes_of(con, rows, classes))
    return RegressionTallier(con, rows, centre_of(con, rows))


def _slices(
    con: duckdb.DuckDBPyConnection, rows: str, feature: str, config: ModelConfig, tallier: Tallier
) -> list[dict[str, Any]]:
    """An entry for each of a feature's most frequent values, the largest first, for the others together and none."""
    by = grouping(con, rows, quoted(feature_column(feature)))
    tallies = tallier.tallies(by, slices=True)
    ranked = sorted(tallies, key=lambda code: (code <= 0, -code if code <= 0 else code))
    return [
        {
            "feature": feature,
            "kind": by.name(code)[0],
            "value": by.name(code)[1],
            "rows": round(tallies[code].rows),
            "metrics": metric_entries(tallies[code], config),
        }
        for code in ranked
    ]


def _reliability(overall: Tally, confidence: float) -> list[dict[str, Any]]:
    """Binary: the score's calibration bins, with the frequency in each."""
    if not isinstance(overall, BinaryTally):
        return []
    sums = overall.sums
    table = reliability(sums.rows, sums.scores, sums.positives, confidence)
    return [{name: significant(value) for name, value in row.items()} | {"rows": _whole(row["rows"])} for row in table]


def _confusion(overall: Tally, tallier: Tallier, config: ModelConfig) -> dict[str, Any] | None:
    """Counts by true class (rows) and predicted class; of a binary model the negative class first."""
    if isinstance(overall, BinaryTally):
        positive = class_text(config.positive)
        hits, called, positives = (
            round(float(part.sum())) for part in (overall.sums.hits, overall.sums.called, overall.sums.positives)
        )
        correct = round(overall.rows) - called - positives + hits
        return {
            "classes": [f"not {positive}", positive],
            "counts": [[correct, called - hits], [positives - hits, hits]],
        }
    if isinstance(overall, MulticlassTally) and isinstance(tallier, MulticlassTallier):
        if len(tallier.classes) > LARGEST_CONFUSION:
            return None
        return {"classes": list(tallier.classes), "counts": overall.confusion.round().astype(int).tolist()}
    return None


def _whole(value: float | None) -> int:
    return round(value or 0.0)
