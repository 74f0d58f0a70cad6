"""Tells what an evaluation found: as metrics in the function's log, and as an event."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.adapters.metric_line import metric_line
from functions.domain.model_config import ModelConfig
from functions.domain.verdict import Verdict
from functions.evaluate.request import EvaluationRequest

Metrics = Mapping[str, float]


def metric_lines(
    request: EvaluationRequest, config: ModelConfig, document: Mapping[str, Any], verdict: Verdict
) -> Iterator[str]:
    """Lines in CloudWatch's embedded metric format, at the evaluation's time."""
    time_ms = round(request.at.timestamp() * 1000)
    yield metric_line(time_ms, {"model": config.model}, _of_model(document, verdict))
    for part in document["performance"]["versions"]:
        if values := _values(part["metrics"], ""):
            yield metric_line(time_ms, {"model": config.model, "version": part["version"]}, values)


def event_detail(document: Mapping[str, Any], judged: Verdict) -> dict[str, Any]:
    """The detail of the event `Verdict`: what to do and why, and where the report lies."""
    verdict, end = document["verdict"], document["window"]["end"]
    return {
        "v": 1,
        "model": document["model"],
        "verdict": verdict["verdict"],
        "finding": verdict["finding"],
        "retrain": judged.retrains,
        "reasons": [reason["text"] for reason in verdict["reasons"]],
        "rules": [reason["rule"] for reason in verdict["reasons"]],
        "window": document["window"],
        "labelled_window": document["labelled_window"],
        "live": document["live"],
        "report": f"reports/model={document['model']}/{end}/report.html",
    }


def _of_model(document: Mapping[str, Any], verdict: Verdict) -> dict[str, float]:
    drift, estimate, coverage = document["drift"], document["estimate"], document["maturity"]["labelled_window"]
    breached = {"worse_than_reference", "worse_than_predecessor", "estimated_worse"} & set(verdict.rules)
    values = {
        "Evaluations": 1.0,
        "PerformanceBreached": float(bool(breached)),
        "Retrain": float(verdict.verdict == "RETRAIN"),
        "RollBack": float(verdict.verdict == "ROLL_BACK"),
        **_values(document["performance"]["metrics"], ""),
    }
    if drift is not None and drift["judged"]:
        values["Drifted"] = float(drift["drifted"])
        values["DriftedColumns"] = float(sum(column["drifted"] for column in drift["columns"]))
    if coverage["coverage"] is not None:
        values["LabelCoverage"] = coverage["coverage"]
    if estimate is not None:
        values |= _values(estimate["window"]["metrics"], "estimated_")
    return values


def _values(metrics: list[Mapping[str, Any]], prefix: str) -> dict[str, float]:
    return {f"{prefix}{metric['name']}": metric["value"] for metric in metrics if metric["value"] is not None}
