"""Direct loss estimation of a regression: the rows that fall into each leaf of the loss tree, counted in SQL."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import duckdb

from functions.domain.expected_performance import expected_errors
from functions.domain.intervals import mean_interval, within
from functions.domain.model_config import ModelConfig
from functions.domain.reference import LossLeaf, MetricValue, Reference
from functions.domain.regression_metrics import root_mean_square
from functions.evaluate.grouping import Grouping
from functions.evaluate.labelled import known_truth
from functions.evaluate.loss_leaves import leaf_number
from functions.evaluate.regression_tally import RegressionTallier, centre_of

type Values = Mapping[str, MetricValue]


def estimate_regression(
    con: duckdb.DuckDBPyConnection, view: str, config: ModelConfig, reference: Reference, labelled: bool
) -> tuple[int, Values, Values]:
    """Number of rows, estimated metrics, and, if `labelled` (then of labelled rows only), the realised ones."""
    where = known_truth(config.task, None) if labelled else "score IS NOT NULL"
    leaves = reference.loss_tree
    found = con.execute(
        f"SELECT {leaf_number(leaves)} AS leaf, count(*) FROM {view} WHERE {where} GROUP BY leaf"
    ).fetchall()
    counts = {int(leaf): float(count) for leaf, count in found}
    estimated = _expected(leaves, counts, config.evaluate.confidence)
    if not labelled:
        return round(sum(counts.values())), estimated, {}
    rows = f"(SELECT * FROM {view} WHERE {where})"
    tallier = RegressionTallier(con, rows, centre_of(con, rows))
    tallies = tallier.tallies(Grouping("'all'", ("all",), 0), slices=False)
    realised = reduce(add, tallies.values(), tallier.empty()).metrics(config.evaluate.confidence)
    return round(sum(counts.values())), estimated, realised


def _expected(leaves: Sequence[LossLeaf], counts: Mapping[int, float], confidence: float) -> Values:
    rows, absolute, squares, fourths = expected_errors(
        counts,
        [leaf.absolute_error for leaf in leaves],
        [leaf.squared_error for leaf in leaves],
        [leaf.squared_error_std for leaf in leaves],
    )
    if rows <= 0:
        return {"mae": MetricValue(None, None, None), "rmse": MetricValue(None, None, None)}
    return {
        "mae": within(mean_interval(rows, absolute, squares, confidence), 0.0),
        "rmse": root_mean_square(rows, squares, fourths, confidence),
    }
