"""Sections of a report as evaluate makes them, from plain numbers: what the samples are put together of."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, sin
from typing import Any

from functions.domain.contract import Task
from functions.domain.evaluation import Evaluation
from functions.domain.metric_names import METRICS, TASK_METRICS
from functions.evaluate.tracking import tracked

Section = dict[str, Any]

TYPICAL: Mapping[str, float] = {
    "log_loss": 0.412,
    "brier_score": 0.131,
    "roc_auc": 0.741,
    "average_precision": 0.482,
    "accuracy": 0.812,
    "f1": 0.401,
    "f1_macro": 0.774,
    "calibration_error": 0.021,
    "mae": 43.2,
    "rmse": 54.9,
    "r2": 0.487,
    "bias": -1.3,
}


def metric(name: str, value: float | None, reference: float | None = None, width: float = 0.03) -> Section:
    about = METRICS[name]
    reach = None if value is None else abs(value) * width
    return {
        "name": name,
        "title": about.title,
        "better": about.better,
        "value": value,
        "low": None if value is None or reach is None else value - reach,
        "high": None if value is None or reach is None else value + reach,
        "bound": None,
        "reference": None
        if reference is None
        else {"value": reference, "low": reference * 0.99, "high": reference * 1.01},
    }


def metrics(task: Task, worse: float = 1.0, width: float = 0.03, reference: bool = True) -> list[Section]:
    """All metrics of a task, those where lower is better `worse` times as high as at training."""
    return [
        metric(
            n,
            TYPICAL[n] * (worse if METRICS[n].better == "lower" else 1 / worse),
            TYPICAL[n] if reference else None,
            width,
        )
        for n in TASK_METRICS[task]
    ]


def performance(task: Task, rows: int, worse: float = 1.0, slices: Sequence[tuple[str, str]] = ()) -> Section:
    return {
        "rows": rows,
        "metrics": metrics(task, worse) if rows else [metric(name, None) for name in TASK_METRICS[task]],
        "versions": [{"version": "3", "rows": rows, "metrics": metrics(task, worse, reference=False)}] if rows else [],
        "slices": [
            {
                "feature": feature,
                "kind": "other" if value.endswith("other values") else "value",
                "value": value,
                "rows": max(1, rows // (place + 2)),
                "metrics": metrics(
                    task, worse * (1 + 0.25 * sin(place * 1.7)), 0.02 * (place % 9 + 1), reference=False
                ),
            }
            for place, (feature, value) in enumerate(slices)
        ],
        "reliability": reliability() if task == "binary" and rows else [],
        "confusion": None,
        "unknown_labels": 0,
    }


def reliability() -> list[Section]:
    bins = []
    for place in range(10):
        score = (place + 0.45) / 10
        rate = min(0.97, score * 0.92 + 0.03)
        reach = 0.01 + 0.008 * place
        bins.append(
            {
                "low": place / 10,
                "high": (place + 1) / 10,
                "rows": round(2_400 * exp(-place / 3)),
                "mean_score": score,
                "rate": rate,
                "rate_low": rate - reach,
                "rate_high": min(1.0, rate + reach),
            }
        )
    return bins


def maturity(predictions: int, labelled: int, mature: int, mature_labelled: int) -> Section:
    window, labelled_window = (
        {"start": f"2013-07-{day - 7:02}T{hour}:00:00Z", "end": f"2013-07-{day}T{hour}:00:00Z"}
        for day, hour in ((22, "00"), (21, "18"))
    )
    return {
        "window": {
            **window,
            "predictions": predictions,
            "labelled": labelled,
            "coverage": labelled / predictions if predictions else None,
            "young": predictions // 28,
            "young_share": 1 / 28 if predictions else None,
        },
        "labelled_window": {
            **labelled_window,
            "predictions": mature,
            "labelled": mature_labelled,
            "coverage": mature_labelled / mature if mature else None,
        },
        "lateness_s": {"p50": 11_700.0, "p95": 21_960.0, "p99": 48_000.0} if labelled else None,
        "conflicts": 0,
        "corrected": 3 if labelled else 0,
        "unmatched": 2 if labelled else 0,
    }


def estimate(task: Task, rows: int, history: Sequence[Evaluation], window_end: str, worse: float | None) -> Section:
    """Of classes by CBPE, of a regression by DLE; tracked by the product's code; realised where `worse` is given."""
    names = ("mae", "rmse") if task == "regression" else TASK_METRICS[task]
    values = [{"name": n, "value": TYPICAL[n] * 1.02, "low": TYPICAL[n], "high": TYPICAL[n] * 1.04} for n in names]
    came_out = {} if worse is None else {n: TYPICAL[n] * worse for n in names}
    then = {
        "rows": rows,
        "metrics": values,
        "realised": [{"name": name, "value": value} for name, value in came_out.items()],
        "error": [{"name": name, "value": TYPICAL[name] * 1.02 - value} for name, value in came_out.items()],
    }
    pairs, error = tracked(history, names[0], then, window_end)
    window = {"rows": rows, "metrics": values}
    method = "DLE" if task == "regression" else "CBPE"
    return {"method": method, "window": window, "labelled_window": then, "tracked": pairs, "mean_absolute_error": error}


def number_column(name: str, shift: float, kind: str = "feature") -> Section:
    """A numeric column whose window lies `shift` bins to the right of its reference."""
    places = range(10)
    reference = [exp(-((place - 4.5) ** 2) / 8) for place in places]
    window = [exp(-((place - 4.5 - shift) ** 2) / 8) for place in places]
    edges = [place * 12.5 for place in places][1:]
    bins = [f"< {edges[0]:g}", *(f"[{a:g}, {b:g})" for a, b in pairwise(edges)), f"≥ {edges[-1]:g}"]
    of_numbers = {
        "wasserstein": abs(shift) / 2,
        "wasserstein_error": 0.002,
        "mean": 56.2 + 12.5 * shift,
        "std": 25.1,
        "reference_mean": 56.2,
        "reference_std": 25.0,
    }
    return column(name, kind, "float32", shift, bins, reference, window) | of_numbers


def text_column(name: str, values: Sequence[str], tilt: float, new: Mapping[str, int] | None = None) -> Section:
    """A column of categories, of which the later ones are more frequent than they were by `tilt`."""
    reference = [1 / (place + 1) for place in range(len(values))]
    window = [share * (1 + tilt * place / len(values)) for place, share in enumerate(reference)]
    found = column(name, "feature", "string", tilt, values, reference, window)
    if new:
        found["bins"] = [*values, "(new)"]
        found["reference"], found["window"] = [*found["reference"], 0.0], [*found["window"], 0.03]
        found["new_categories"] = [{"value": value, "rows": rows} for value, rows in new.items()]
        found["new_category_rows"] = sum(new.values())
    return found


def column(
    name: str,
    kind: str,
    type_: str,
    moved: float,
    bins: Sequence[str],
    reference: Sequence[float],
    window: Sequence[float],
) -> Section:
    psi, drifted = moved * moved / 4, abs(moved) > 0.6
    cost = None if kind == "label" else moved * 0.012
    return {
        "name": name,
        "kind": kind,
        "type": type_,
        "rows": 6_400,
        "psi": psi,
        "js": psi / 3,
        "wasserstein": None,
        "wasserstein_error": None,
        "p_value": exp(-psi * 100),
        "q_value": min(1.0, 2 * exp(-psi * 100)),
        "noise_floor": 0.002,
        "threshold": 0.052,
        "compared_cells": len(bins),
        "drifted": drifted,
        "cost": cost,
        "cost_share": None if cost is None else cost / 0.4,
        "bins": list(bins),
        "reference": [share / sum(reference) for share in reference],
        "window": [share / sum(window) for share in window],
        "missing": 0.01 if moved else 0.0,
        "reference_missing": 0.0,
        "mean": None,
        "std": None,
        "reference_mean": None,
        "reference_std": None,
        "new_categories": [],
        "new_category_rows": 0,
        "note": None,
    }


def drift(columns: Sequence[Section], rows: int = 6_400, judged: bool = True) -> Section:
    ranked = sorted(columns, key=lambda c: (not c["drifted"], -(c["cost"] or 0.0), -c["psi"]))
    return {
        "rows": rows,
        "other_version_rows": 0,
        "reference_rows": 52_184,
        "judged": judged,
        "note": None if judged else f"{rows:,} rows: drift is judged from 200 on",
        "drifted": judged and any(c["drifted"] for c in ranked),
        "fdr": 0.005,
        "columns": [c if judged else c | {"drifted": False, "q_value": None, "p_value": None} for c in ranked],
    }


def quality(names: Sequence[tuple[str, str]], rows: int = 6_400) -> Section:
    return {
        "rows": rows,
        "columns": [
            {
                "name": name,
                "type": kind,
                "missing": 12 * (place % 3),
                "missing_share": 12 * (place % 3) / rows if rows else None,
                "reference_missing_share": 0.001,
                "out_of_range": None if kind == "string" else 7 * (place % 4 == 1),
                "unknown_category": 41 * (place % 5 == 0) if kind == "string" else None,
                "zero_share": None if kind == "string" else 0.12,
                "reference_zero_share": None if kind == "string" else 0.11,
                "flagged": 0,
                "turned_away": 3.0 * (place == 2),
            }
            for place, (name, kind) in enumerate(names)
        ],
        "duplicate_rows": 18 if rows else 0,
        "duplicate_share": 18 / rows if rows else None,
        "duplicate_exact": True,
        "turned_away_requests": 5.0,
        "dimensionality": {
            "features": 10,
            "effective_dimension": 7.31 if rows else None,
            "reference_effective_dimension": 7.42,
        },
    }


def operation(days: Sequence[str], rows: int = 6_400, external: bool = False) -> Section:
    requests = rows // 3
    return {
        "requests": requests,
        "rows": rows,
        "rows_per_request": 3.0 if rows else None,
        "latency_ms": None if external or not rows else {"p50": 2.1, "p95": 4.8, "p99": 11.2},
        "invocations": None if external else float(requests),
        "errors": None if external else 0.0,
        "throttles": None if external else 2.0,
        "error_share": None if external else 0.0,
        "cost_per_thousand": None if external or not rows else 0.00317,
        "cost_assumptions": "its predictions are made elsewhere" if external else "list prices of us-east-1",
        "by_day": [{"day": day, "rows": rows // len(days) + 37 * place} for place, day in enumerate(days)]
        if rows
        else [],
        "clients": [{"client": "key:3f2a", "rows": rows * 2 // 3}, {"client": None, "rows": rows // 3}] if rows else [],
        "distinct_clients": 2 if rows else 0,
    }
