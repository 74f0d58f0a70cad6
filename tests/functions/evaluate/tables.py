"""Files as `compact` writes them, made of arrays: what the tests of `evaluate` read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature, Task
from functions.domain.log_table import (
    COLUMNS,
    ROW_GROUP_ROWS,
    class_text,
    feature_column,
    feature_type,
    quoted,
)
from functions.domain.metric_names import TASK_METRICS
from functions.domain.model_config import EvaluationConfig, ModelConfig

DAY_S = 86_400
START = np.datetime64("2013-03-01T00:00:00", "ms")  # when rows were predicted that say nothing else

# What a column holds that the caller does not give; all others are null.
_DEFAULTS: Mapping[str, str] = {
    "id": "'row-' || row_number",
    "version": "'1'",
    "release": "1",
    "row": "0",
    "client": "'tester'",
    "source": "'api'",
    "latency_us": "1000",
    "flags": "[]",
    "label_conflict": "false",
}


def model_config(
    features: Sequence[Feature] = (),
    task: Task = "binary",
    positive: str | int | bool | None = True,
    slices: Sequence[str] = (),
    **evaluate: Any,
) -> ModelConfig:
    """A model's settings; `evaluate` changes single ones of [evaluate]."""
    settings: dict[str, Any] = {
        "schedule_s": DAY_S,
        "window_s": 7 * DAY_S,
        "metrics": TASK_METRICS[task],
        "slices": tuple(slices),
        "min_rows": 200,
        "min_labels": 200,
        "min_coverage": 0.5,
        "confidence": 0.95,
        "tolerance": 0.05,
        "drift_psi": 0.05,
        "drift_fdr": 0.005,
        "drift_cost": 0.05,
        "consecutive": 2,
        "cool_down_s": 3 * DAY_S,
    }
    return ModelConfig(
        model="small",
        task=task,
        external=False,
        features=tuple(features),
        label="truth",
        positive=positive if task == "binary" else None,
        matures_after_s=6 * 3_600,
        evaluate=EvaluationConfig(**{**settings, **evaluate}),
    )


def texts(values: Any) -> NDArray[Any]:
    """Classes as the table writes them; None stays None (not known)."""
    return np.array([None if value is None else class_text(value) for value in np.asarray(values).tolist()], object)


def write_rows(path: Path, config: ModelConfig, columns: Mapping[str, Any]) -> Path:
    """One Parquet file of the log table; returns its path.

    `columns` is by the table's column (`in_<feature>` for a feature): arrays [rows], or [rows, k] for a vector. None,
    NaN, NaT and what is masked are null. `time` is START where it is not given, so pass NaT for labels without
    prediction. `probabilities` is by class: {class: [rows]}. `labels` is [rows] of JSON text; where it is not given, it
    holds the one label of the row that `label` (or `target`), `observed_at` and `labelled_at` tell.
    """
    types = {**COLUMNS, **{feature_column(f.name): feature_type(f) for f in config.features}}
    unknown = set(columns) - set(types)
    if unknown:
        raise ValueError(f"no columns of the log table: {sorted(unknown)}")
    arrays = {name: _array(values) for name, values in columns.items() if name != "probabilities"}
    classes = columns.get("probabilities") or {}
    arrays |= {f"probability of {name}": _array(values) for name, values in classes.items()}
    rows = len(next(iter(arrays.values())))
    arrays.setdefault("time", np.full(rows, START))
    select = ", ".join(f"{_value(name, kind, arrays, list(classes))} AS {quoted(name)}" for name, kind in types.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.register("given", {**arrays, "row_number": np.arange(rows)})
        con.execute(
            f"COPY (SELECT {select} FROM given ORDER BY row_number) TO '{path}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )
    return path


def _value(name: str, kind: str, arrays: Mapping[str, Any], classes: Sequence[str]) -> str:
    """One column as SQL makes it from the arrays."""
    if name == "probabilities" and classes:
        keys = ", ".join("'" + c.replace("'", "''") + "'" for c in classes)
        values = ", ".join(quoted(f"probability of {c}") for c in classes)
        return f"MAP([{keys}], [{values}])"
    if name == "labels":
        return f"from_json({name}, '{_json_type(kind)}')" if name in arrays else _only_label(kind, arrays)
    if name not in arrays:
        return f"CAST({_DEFAULTS.get(name, 'NULL')} AS {kind})"
    column = quoted(name)
    if arrays[name].dtype.kind == "f":
        return f"CAST(CASE WHEN isnan({column}) THEN NULL ELSE {column} END AS {kind})"
    return f"CAST({column} AS {kind})"


def _only_label(kind: str, arrays: Mapping[str, Any]) -> str:
    known = [name for name in ("label", "target") if name in arrays]
    if not known:
        return f"CAST([] AS {kind})"
    fields = {
        name: quoted(name) if name in arrays else "NULL" for name in ("label", "target", "observed_at", "labelled_at")
    }
    there = " OR ".join(_is_there(name, arrays) for name in known)
    struct = ", ".join(f"'{name}': {value}" for name, value in {**fields, "sender": "'tester'"}.items())
    return f"CAST(CASE WHEN {there} THEN [{{{struct}}}] ELSE [] END AS {kind})"


def _is_there(name: str, arrays: Mapping[str, Any]) -> str:
    column = quoted(name)
    return f"NOT isnan({column})" if arrays[name].dtype.kind == "f" else f"{column} IS NOT NULL"


def _json_type(kind: str) -> str:
    """The same structure, as `from_json` is told it."""
    fields = kind.removeprefix("STRUCT(").removesuffix(")[]").split(", ")
    return "[{" + ", ".join('"{}": "{}"'.format(*field.split(" ", 1)) for field in fields) + "}]"


def _array(values: Any) -> NDArray[Any]:
    array: NDArray[Any] = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.dtype.kind == "U":
        return array.astype(object)
    if array.ndim == 1:
        return array
    lists = np.empty(len(array), dtype=object)
    lists[:] = array.tolist()
    return lists
