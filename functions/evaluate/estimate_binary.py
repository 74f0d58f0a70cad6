"""CBPE of a binary classifier: from counts by score, in one query."""

from collections.abc import Mapping

import duckdb
import numpy as np

from functions.domain.binary_metrics import binary_metrics, binary_sums
from functions.domain.expected_performance import expected_binary
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.domain.ranking import ScoreGroups, rankings
from functions.domain.reference import MetricValue, Reference
from functions.evaluate.labelled import count_rows, known_truth
from functions.evaluate.literals import text_literal

# Scores are told apart exactly up to so many rows; beyond, each bin of a grid counts as rows of its mean score.
EXACT_ROWS, GRID = 100_000, 65_536

type Values = Mapping[str, MetricValue]


def estimate_binary(
    con: duckdb.DuckDBPyConnection, view: str, config: ModelConfig, reference: Reference, labelled: bool
) -> tuple[int, Values, Values]:
    """Number of rows, estimated metrics, and, if `labelled` (then of labelled rows only), the realised ones."""
    positive = class_text(config.positive)
    calibration = (reference.calibrations or {})[positive]
    where = known_truth(config.task, None) if labelled else "score IS NOT NULL"
    key, score = "score", "score"
    if count_rows(con, view, where) > EXACT_ROWS:
        key, score = f"floor(score * {GRID})", "avg(score)"
    truth = text_literal(positive)
    found = con.execute(f"""
        SELECT {score} AS mean, coalesce(prediction = {truth}, false) AS called, count(*) AS rows,
            count_if(label = {truth}) AS positives
        FROM {view} WHERE {where} GROUP BY {key}, called ORDER BY mean, called""").fetchnumpy()
    scores, rows, positives = (np.asarray(found[name], dtype=np.float64) for name in ("mean", "rows", "positives"))
    called = np.asarray(found["called"], dtype=bool)
    confidence = config.evaluate.confidence
    estimated = expected_binary(scores, rows, called, calibration, confidence)
    if not labelled:
        return int(rows.sum()), estimated, {}
    groups = ScoreGroups.of(scores, positives, rows - positives)
    sums = binary_sums(scores, positives, rows - positives, called)
    return int(rows.sum()), estimated, binary_metrics(sums, rankings(groups), confidence)
