"""A reference from the log itself, for models whose training data are not here: their first full window is frozen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.domain.binary_metrics import SMALLEST_PROBABILITY
from functions.domain.contract import Feature
from functions.domain.isotonic import isotonic
from functions.domain.log_table import class_text, feature_column, quoted
from functions.domain.model_config import ModelConfig
from functions.domain.reference import (
    Calibration,
    ColumnKind,
    LossLeaf,
    MetricValue,
    Reference,
    ReferenceColumn,
)
from functions.domain.reference_digest import DIGITS, HeldOut, category_digest, number_digest
from functions.domain.significant import significant
from functions.domain.windows import Window
from functions.evaluate.literals import text_literal
from functions.evaluate.performance import performance
from functions.evaluate.window_rows import LABELLED

FULL = 0.25  # the first row lies within this share of a window that counts as full
LEAVES = 10
_LOSSES = {
    "binary": f"-ln(greatest({SMALLEST_PROBABILITY}, case when label = $positive then score else 1 - score end))",
    "multiclass": f"-ln(greatest({SMALLEST_PROBABILITY}, coalesce(probabilities[label], 0)))",
    "regression": "abs(score - target)",
}


def first_window_reference(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, labelled: Window, version: str
) -> Reference | None:
    """The reference that `labelled_rows` make; None while they are too few, or do not yet span the window."""
    counted = con.execute(f"select count(*), min(time) from {LABELLED}").fetchone()
    rows, first = counted or (0, None)
    if rows < config.evaluate.min_rows or (first - labelled.start.replace(tzinfo=None)) > FULL * config.evaluate.window:
        return None
    [losses] = _arrays(con, config, (_LOSSES[config.task],), _known(config))
    enough = len(losses) >= config.evaluate.min_labels
    found = performance(con, config, None, None)["metrics"] if enough else []
    return Reference(
        model=config.model,
        version=version,
        source="first_window",
        rows=rows,
        holdout_rows=len(losses),
        columns=tuple(_columns(con, config)),
        metrics={m["name"]: MetricValue(m["value"], m["low"], m["high"]) for m in found},
        loss=significant(float(losses.mean()), DIGITS) if enough else None,
        calibrations=_calibrations(con, config) if enough and config.task != "regression" else None,
        loss_tree=tuple(_leaves(con, config)) if enough and config.task == "regression" else (),
    )


def _known(config: ModelConfig) -> str:
    """Rows whose label is known, and whose loss follows."""
    if config.task == "regression":
        return "target is not null and score is not null"
    return "label is not null and " + ("score" if config.task == "binary" else "probabilities") + " is not null"


def _arrays(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, expressions: Sequence[str], where: str
) -> list[NDArray[Any]]:
    """Expressions over the labelled window's rows, side by side; null is NaN in numbers and None in all else."""
    named = ", ".join(f"{expression} as c{place}" for place, expression in enumerate(expressions))
    query = f"select {named} from {LABELLED} where {where}"
    parameters = {"positive": class_text(config.positive)} if "$positive" in query else {}
    found = con.execute(query, parameters).fetchnumpy()
    return [_filled(found[f"c{place}"]) for place in range(len(expressions))]


def _filled(column: Any) -> NDArray[Any]:
    if not np.ma.isMaskedArray(column):
        return np.asarray(column)
    masked: Any = column if column.dtype == object else column.astype(np.float64)
    return np.asarray(masked.filled(None if masked.dtype == object else np.nan))


def _columns(con: duckdb.DuckDBPyConnection, config: ModelConfig) -> Iterator[ReferenceColumn]:
    for feature in config.features:
        if feature.type == "string" and feature.size is not None:
            continue  # several texts a row have no one place in a digest: such a column is not judged
        yield _digested(con, config, feature.name, "feature", _expression(feature), _is_text(feature))
    if config.task != "regression":
        yield _digested(con, config, "prediction", "output", "prediction", True)
    yield _digested(con, config, "score", "output", "score", False)
    name = "target" if config.task == "regression" else "label"
    label = _digested(con, config, name, "label", name, name == "label")
    if label.digest.count:
        yield label


def _digested(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, name: str, kind: ColumnKind, expression: str, is_text: bool
) -> ReferenceColumn:
    [values] = _arrays(con, config, (expression,), _known(config) if kind == "label" else "true")
    held, losses = _arrays(con, config, (expression, _LOSSES[config.task]), _known(config))
    if is_text:
        return ReferenceColumn(name, kind, category_digest(values.tolist(), HeldOut(held.tolist(), losses)))
    return ReferenceColumn(name, kind, number_digest(_numbers(values), HeldOut(_numbers(held), losses)))


def _expression(feature: Feature) -> str:
    """Texts and bools as text, a nullable feature's empty text as null; vectors as they are."""
    column = quoted(feature_column(feature.name))
    if feature.size is not None:
        return column
    if feature.type == "string":
        return f"nullif({column}, '')" if feature.nullable else column
    return f"{column}::varchar" if feature.type == "bool" else f"{column}::double"


def _is_text(feature: Feature) -> bool:
    return feature.type in ("string", "bool") and feature.size is None


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers [rows], or [rows, k] of vectors of k; a row without a vector has none."""
    if values.dtype != object:
        return np.asarray(values, dtype=np.float64)
    there = [value for value in values if value is not None]
    width = len(there[0]) if there else 1
    return np.stack([np.full(width, np.nan) if value is None else np.asarray(value, np.float64) for value in values])


def _calibrations(con: duckdb.DuckDBPyConnection, config: ModelConfig) -> Mapping[str, Calibration]:
    if config.task == "binary":
        positive = class_text(config.positive)
        truth, score = _arrays(con, config, ("label", "score"), _known(config))
        return {positive: isotonic(_numbers(score), truth == positive)}
    [labels] = _arrays(con, config, ("label",), _known(config))
    classes = sorted(set(labels.tolist()))
    chances = (f"coalesce(probabilities[{text_literal(name)}], 0)" for name in classes)
    truth, *scores = _arrays(con, config, ("label", *chances), _known(config))
    return {name: isotonic(_numbers(score), truth == name) for name, score in zip(classes, scores, strict=True)}


def _leaves(con: duckdb.DuckDBPyConnection, config: ModelConfig) -> Iterator[LossLeaf]:
    """The error by tenths of the predicted value: as much of a loss tree as one column gives."""
    score, error = map(_numbers, _arrays(con, config, ("score", "score - target"), _known(config)))
    edges = np.unique(np.quantile(score, np.arange(1, LEAVES) / LEAVES, method="inverted_cdf")).tolist()
    place = np.searchsorted(edges, score)  # of `score <= edge`
    for leaf in range(len(edges) + 1):
        errors = error[place == leaf]
        if len(errors) == 0:
            continue
        above = (("score", ">", edges[leaf - 1]),) if leaf else ()
        below = (("score", "<=", edges[leaf]),) if leaf < len(edges) else ()
        yield LossLeaf(
            conditions=(*above, *below),
            rows=len(errors),
            absolute_error=significant(float(np.abs(errors).mean()), DIGITS) or 0.0,
            squared_error=significant(float((errors**2).mean()), DIGITS) or 0.0,
            absolute_error_std=significant(float(np.abs(errors).std()), DIGITS) or 0.0,
            squared_error_std=significant(float((errors**2).std()), DIGITS) or 0.0,
        )
