"""The report of a window: one JSON document, from which the page, the command line and later evaluations read."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.evaluation import Evaluation
from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.significant import significant
from functions.domain.verdict import Verdict
from functions.domain.windows import iso
from functions.evaluate.request import EvaluationRequest

SCHEMA_VERSION = 1
DIGITS = 10
HISTORY = 60  # evaluations that a report shows, and that verdicts look back on


def report_prefix(model: str, window_end: str) -> str:
    """Where a window's report lies in the data bucket."""
    return f"reports/model={model}/{window_end}/"


def report(
    request: EvaluationRequest,
    config: ModelConfig,
    live: Mapping[str, Any],
    reference: Reference | None,
    sections: Mapping[str, Any],
    verdict: Verdict,
    history: Sequence[Evaluation],
) -> dict[str, Any]:
    """The whole document; docs/report.md describes it. Not a number and infinity become null."""
    metric = METRICS[config.evaluate.judged_metric]
    document = {
        "v": SCHEMA_VERSION,
        "model": config.model,
        "task": config.task,
        "external": config.external,
        "about": dict(config.about),
        "window": request.window(config).to_document(),
        "labelled_window": request.labelled_window(config).to_document(),
        "evaluated_at": iso(request.at),
        "by": request.by,
        "live": dict(live),
        "reference": None if reference is None else _about_reference(reference),
        "judged_metric": {"name": metric.name, "title": metric.title, "better": metric.better},
        "thresholds": _thresholds(config),
        "verdict": _verdict(verdict),
        **sections,
        "history": [before.to_document() for before in history],
    }
    finite: dict[str, Any] = _finite(document)
    return finite


def summary(
    request: EvaluationRequest, config: ModelConfig, document: Mapping[str, Any], verdict: Verdict
) -> Evaluation:
    """What the registry keeps of a report."""
    estimate, drift, performance = document["estimate"], document["drift"], document["performance"]
    end = document["window"]["end"]
    judged = config.evaluate.judged_metric
    by_version = {part["version"]: _values(part["metrics"]).get(judged) for part in performance["versions"]}
    return Evaluation(
        model=config.model,
        window=(document["window"]["start"], end),
        labelled_window=(document["labelled_window"]["start"], document["labelled_window"]["end"]),
        evaluated_at=iso(request.at),
        live_version=document["live"]["version"],
        verdict=verdict.verdict,
        finding=verdict.finding,
        reasons=tuple(reason.text for reason in verdict.reasons),
        rules=verdict.rules,
        rows=document["maturity"]["window"]["predictions"],
        labelled_rows=performance["rows"],
        metrics=_values(performance["metrics"]),
        versions={version: value for version, value in by_version.items() if value is not None},
        estimated={} if estimate is None else _values(estimate["window"]["metrics"]),
        estimated_labelled={} if estimate is None else _values(estimate["labelled_window"]["metrics"]),
        drifted=() if drift is None else tuple(c["name"] for c in drift["columns"] if c["drifted"]),
        report=report_prefix(config.model, end) + "report.json",
    )


def _values(metrics: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    return {m["name"]: {"value": m["value"], "low": m["low"], "high": m["high"]} for m in metrics}


def _about_reference(reference: Reference) -> dict[str, Any]:
    return {
        "source": reference.source,
        "version": reference.version,
        "rows": reference.rows,
        "holdout_rows": reference.holdout_rows,
    }


def _thresholds(config: ModelConfig) -> dict[str, Any]:
    """What the verdict was measured by, as model.toml had it."""
    judged = config.evaluate
    return {
        "tolerance": judged.tolerance,
        "confidence": judged.confidence,
        "min_rows": judged.min_rows,
        "min_labels": judged.min_labels,
        "min_coverage": judged.min_coverage,
        "drift_psi": judged.drift_psi,
        "drift_fdr": judged.drift_fdr,
        "drift_cost": judged.drift_cost,
        "matures_after_s": config.matures_after_s,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    until = verdict.cooling_down_until
    return {
        "verdict": verdict.verdict,
        "finding": verdict.finding,
        "reasons": [
            {"rule": reason.rule, "text": reason.text, "numbers": dict(reason.numbers)} for reason in verdict.reasons
        ],
        "consecutive": verdict.consecutive,
        "needed": verdict.needed,
        "cooling_down_until": None if until is None else iso(until),
    }


def _finite(value: Any) -> Any:
    """The document as JSON has it: numpy's numbers plain, and none that JSON does not know.

    Sums over rows in another order differ in their last digits: these go, so that a second run writes the same.
    """
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return significant(value, DIGITS) if isinstance(value, float) else value
