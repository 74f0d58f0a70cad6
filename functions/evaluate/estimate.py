"""Performance estimated without labels: CBPE for classifiers, direct loss estimation (DLE) for regressions."""

from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from functions.domain.model_config import ModelConfig
from functions.domain.reference import MetricValue, Reference
from functions.domain.significant import significant
from functions.evaluate.estimate_binary import estimate_binary
from functions.evaluate.estimate_multiclass import estimate_multiclass
from functions.evaluate.estimate_regression import estimate_regression
from functions.evaluate.metric_entries import value_document

type Values = Mapping[str, MetricValue]


def estimate(
    con: duckdb.DuckDBPyConnection, view: str, config: ModelConfig, reference: Reference
) -> dict[str, Any] | None:
    """Estimated metrics of all rows of a view, from `reference`; None where it has nothing to estimate from."""
    if _nothing_known(config, reference):
        return None
    rows, estimated, _ = _estimator(config)(con, view, config, reference, False)
    return {"method": _method(config), "rows": rows, "metrics": _entries(config, estimated)}


def estimate_beside_truth(
    con: duckdb.DuckDBPyConnection, view: str, config: ModelConfig, reference: Reference
) -> dict[str, Any] | None:
    """The same of the rows whose label is known, beside the realised metrics of those very rows.

    `error` is estimated minus realised. Labels of classes that the reference does not know are left out.
    """
    if _nothing_known(config, reference):
        return None
    rows, estimated, realised = _estimator(config)(con, view, config, reference, True)
    names = [name for name in config.evaluate.metrics if name in estimated]
    errors = {name: _difference(estimated[name].value, realised[name].value) for name in names}
    return {
        "method": _method(config),
        "rows": rows,
        "metrics": _entries(config, estimated),
        "realised": [{"name": name, "value": significant(realised[name].value)} for name in names],
        "error": [{"name": name, "value": significant(errors[name])} for name in names],
    }


def _estimator(
    config: ModelConfig,
) -> Callable[[duckdb.DuckDBPyConnection, str, ModelConfig, Reference, bool], tuple[int, Values, Values]]:
    """Gives number of rows, estimated metrics, and, where asked for, the realised ones of the same rows."""
    estimators = {"binary": estimate_binary, "multiclass": estimate_multiclass, "regression": estimate_regression}
    return estimators[config.task]


def _nothing_known(config: ModelConfig, reference: Reference) -> bool:
    return not (reference.loss_tree if config.task == "regression" else reference.calibrations)


def _method(config: ModelConfig) -> str:
    return "DLE" if config.task == "regression" else "CBPE"


def _entries(config: ModelConfig, found: Values) -> list[dict[str, Any]]:
    return [{"name": name, **value_document(found[name])} for name in config.evaluate.metrics if name in found]


def _difference(estimated: float | None, realised: float | None) -> float | None:
    return None if estimated is None or realised is None else estimated - realised
