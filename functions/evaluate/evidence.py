"""From an evaluation's findings to the evidence that the verdict is made of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.domain.evaluation import Evaluation
from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.reference import MetricValue, Reference
from functions.domain.verdict_rules import DriftedColumn, Evidence, Predecessor

Section = Mapping[str, Any]


def evidence(
    config: ModelConfig,
    live_version: str | None,
    reference: Reference | None,
    found: Mapping[str, Any],
    history: Sequence[Evaluation],
) -> Evidence:
    """What the sections `performance`, `maturity`, `estimate` and `drift` of a report show of the live version.

    An external model has no live version here: it is judged on all its rows.
    """
    metric = METRICS[config.evaluate.judged_metric]
    performance = _of_version(found["performance"], None if config.external else live_version)
    estimate, drift = found["estimate"], found["drift"]
    return Evidence(
        metric=metric,
        live_version=live_version,
        rows=found["maturity"]["window"]["predictions"],
        labelled_rows=performance["rows"],
        coverage=found["maturity"]["labelled_window"]["coverage"],
        score=metric_of(performance["metrics"], metric.name),
        reference=None if reference is None else reference.metrics.get(metric.name),
        predecessor=None if config.external else _predecessor(history, live_version, _begin(found)),
        estimated=None if estimate is None else metric_of(estimate["window"]["metrics"], metric.name),
        estimate_error=None if estimate is None else estimate["mean_absolute_error"],
        drifted=None if drift is None or not drift["judged"] else _drifted(drift),
        reference_time="in its first window" if reference and reference.source == "first_window" else "at training",
    )


def metric_of(metrics: Sequence[Section], name: str) -> MetricValue | None:
    """A metric of a report's list; None where it is not there or has no value."""
    found = next((metric for metric in metrics if metric["name"] == name), None)
    if found is None or found["value"] is None:
        return None
    return MetricValue(found["value"], found["low"], found["high"])


def _of_version(performance: Section, version: str | None) -> Section:
    if version is None:
        return performance
    found = next((part for part in performance["versions"] if part["version"] == version), None)
    return {"rows": 0, "metrics": []} if found is None else found


def _begin(found: Mapping[str, Any]) -> datetime:
    """When the labelled window that is judged begins."""
    return datetime.fromisoformat(found["maturity"]["labelled_window"]["start"])


def _predecessor(history: Sequence[Evaluation], live_version: str | None, begin: datetime) -> Predecessor | None:
    """The version that was live before this one, with its last score; None where that is of a window before `begin`.

    Scores of windows that lie apart differ by what changed between them, too: what has drifted since the version before
    was last scored is a reason to retrain, not to go back to what never saw it.
    """
    for before in reversed(history):
        if before.live_version in (None, live_version):
            continue
        score = before.versions.get(str(before.live_version))
        if score is not None and score.get("value") is not None:
            if datetime.fromisoformat(before.labelled_window[1]) < begin:
                return None
            return Predecessor(str(before.live_version), MetricValue(score["value"], score["low"], score["high"]))
    return None


def _drifted(drift: Section) -> tuple[DriftedColumn, ...]:
    return tuple(
        DriftedColumn(column["name"], column["psi"], column["cost_share"])
        for column in drift["columns"]
        if column["drifted"] and column["kind"] != "label"
    )
