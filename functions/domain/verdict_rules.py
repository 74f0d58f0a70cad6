"""What one window says of a model: the rules, each with its finding, its words and the numbers behind them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from functions.domain.evaluation import VerdictName
from functions.domain.metric_names import MetricName
from functions.domain.model_config import EvaluationConfig
from functions.domain.reference import MetricValue

RuleName = Literal[
    "worse_than_predecessor",
    "worse_than_reference",
    "estimated_worse",
    "costly_drift",
    "performance_holds",
    "estimate_holds",
    "too_few_rows",
    "too_few_labels",
    "no_reference",
    "waits_for_more",
    "cools_down",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that spoke, in words and with its numbers. A `finding` of None only explains."""

    rule: RuleName
    finding: VerdictName | None
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriftedColumn:
    """`cost_share` is the estimated change of the mean loss, relative to the reference's; None where unknown."""

    name: str
    psi: float
    cost_share: float | None


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The version that was live before, and the judged metric that it had in its last window with enough labels."""

    version: str
    score: MetricValue


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one window shows of the live version.

    `rows` are its window's predictions; `labelled_rows` and `coverage` are of the labelled window; `score` is the
    judged metric there, None where it cannot be computed; `reference` the same at training. `estimated` is for `rows`,
    without labels; `estimate_error` how far such estimates were off on average, once labels came. `drifted` is None
    where drift was not judged.
    """

    metric: MetricName
    live_version: str | None
    rows: int
    labelled_rows: int
    coverage: float | None
    score: MetricValue | None
    reference: MetricValue | None
    predecessor: Predecessor | None
    estimated: MetricValue | None
    estimate_error: float | None
    drifted: tuple[DriftedColumn, ...] | None
    reference_time: str = "at training"  # or "in its first window": how reasons name the reference


def worse_by(metric: MetricName, value: float, reference: float) -> float:
    """How much worse a value is than its reference, relative to the reference's size; negative where it is better.

    `metric` has a better side: model.toml does not take another one for the judged metric.
    """
    change = value - reference if metric.better == "lower" else reference - value
    return change / max(abs(reference), 1e-12)


def reasons(evidence: Evidence, config: EvaluationConfig) -> Iterable[Reason]:
    judged = _enough_labels(evidence, config)
    if judged is not None:
        yield judged
    else:
        yield from _by_labels(evidence, config)
    if evidence.rows < config.min_rows:
        text = (
            f"{evidence.rows:,} predictions in the window; drift and estimates are judged from {config.min_rows:,} on"
        )
        yield Reason("too_few_rows", "NOT_ENOUGH_EVIDENCE", text, {"rows": evidence.rows, "needed": config.min_rows})
        return
    holds = judged is None and evidence.score is not None and evidence.reference is not None
    yield from _by_drift(evidence, config, holds)
    if judged is not None:
        yield from _by_estimate(evidence, config)


def _enough_labels(evidence: Evidence, config: EvaluationConfig) -> Reason | None:
    """Why performance can't be judged; None where it can."""
    numbers = {"labelled": evidence.labelled_rows, "needed": config.min_labels, "coverage": evidence.coverage}
    if evidence.labelled_rows < config.min_labels or evidence.score is None or evidence.score.value is None:
        text = (
            f"{evidence.labelled_rows:,} mature predictions have a label; performance is judged from "
            f"{config.min_labels:,} on"
        )
        return Reason("too_few_labels", "NOT_ENOUGH_EVIDENCE", text, numbers)
    if evidence.coverage is not None and evidence.coverage < config.min_coverage:
        text = (
            f"{evidence.coverage:.0%} of the mature predictions have a label; with fewer than "
            f"{config.min_coverage:.0%} those that have one may not be like the others"
        )
        return Reason("too_few_labels", "NOT_ENOUGH_EVIDENCE", text, numbers)
    return None


def _by_labels(evidence: Evidence, config: EvaluationConfig) -> Iterable[Reason]:
    """Realised performance against the predecessor's and against the reference."""
    score, metric = evidence.score, evidence.metric
    if score is None or score.value is None:
        return
    before = evidence.predecessor
    if before is not None and _credibly_worse(metric, score, before.score, config.tolerance):
        text = (
            f"{metric.title} of version {evidence.live_version} is {_shown(score)}; version {before.version}, which "
            f"was live before it, last had {_shown(before.score)}"
        )
        yield Reason("worse_than_predecessor", "ROLL_BACK", text, _numbers(score, before.score))
    reference = evidence.reference
    if reference is None or reference.value is None:
        text = f"{metric.title} is {_shown(score)}, and there is nothing to compare it with yet"
        yield Reason("no_reference", "NOT_ENOUGH_EVIDENCE", text, _numbers(score, None))
        return
    worse = worse_by(metric, score.value, reference.value)
    compared = (
        f"{metric.title} is {_shown(score)} on {evidence.labelled_rows:,} labelled predictions, "
        f"{evidence.reference_time} it was {reference.value:.4g}: {_compared(worse)}"
    )
    numbers = {**_numbers(score, reference), "worse_by": worse, "tolerance": config.tolerance}
    if _beyond(metric, score, reference.value, config.tolerance):
        yield Reason("worse_than_reference", "RETRAIN", f"{compared}, and {config.tolerance:.0%} is allowed", numbers)
    else:
        credibly = "" if worse <= config.tolerance else ", which the interval does not bear out"
        yield Reason("performance_holds", "KEEP", f"{compared}{credibly}", numbers)


def _by_drift(evidence: Evidence, config: EvaluationConfig, performance_is_known: bool) -> Iterable[Reason]:
    if evidence.drifted is None:
        return
    costly = [d for d in evidence.drifted if d.cost_share is not None and d.cost_share >= config.drift_cost]
    if not costly:
        return
    named = ", ".join(f"{d.name} (PSI {d.psi:.2f}, loss {d.cost_share:+.0%})" for d in costly[:5])
    text = f"drift that is estimated to cost {config.drift_cost:.0%} of the loss or more: {named}"
    numbers = {d.name: {"psi": d.psi, "cost_share": d.cost_share} for d in costly}
    # Where labels say how the model does, an estimate of what drift might cost is only an explanation.
    yield Reason("costly_drift", None if performance_is_known else "RETRAIN", text, numbers)


def _by_estimate(evidence: Evidence, config: EvaluationConfig) -> Iterable[Reason]:
    """Without enough labels: the performance that is estimated from the model's own scores."""
    estimated, reference, metric = evidence.estimated, evidence.reference, evidence.metric
    if estimated is None or estimated.value is None or reference is None or reference.value is None:
        if evidence.drifted is not None:
            yield Reason(
                "estimate_holds", "KEEP", "no costly drift, and no estimate of performance to speak against it"
            )
        return
    worse = worse_by(metric, estimated.value, reference.value)
    trust = (
        "" if evidence.estimate_error is None else f" (such estimates were off by {evidence.estimate_error:.3g} so far)"
    )
    text = (
        f"without labels, {metric.title.lower()} is estimated at {_shown(estimated)}{trust}, "
        f"{evidence.reference_time} it was {reference.value:.4g}: {_compared(worse)}"
    )
    numbers = {**_numbers(estimated, reference), "worse_by": worse, "estimate_error": evidence.estimate_error}
    margin = config.tolerance + (evidence.estimate_error or 0.0) / max(abs(reference.value), 1e-12)
    if _beyond(metric, estimated, reference.value, margin):
        yield Reason("estimated_worse", "RETRAIN", text, numbers)
    else:
        yield Reason("estimate_holds", "KEEP", text, numbers)


def _beyond(metric: MetricName, score: MetricValue, reference: float, tolerance: float) -> bool:
    """Whether the whole interval (the value, where there is none) lies on the worse side of what is allowed."""
    best = score.low if metric.better == "lower" else score.high
    best = score.value if best is None else best
    return best is not None and worse_by(metric, best, reference) > tolerance


def _credibly_worse(metric: MetricName, score: MetricValue, before: MetricValue, tolerance: float) -> bool:
    """Whether the intervals lie apart, and by more than the tolerance from value to value."""
    if score.value is None or before.value is None:
        return False
    best, worst = (score.low, before.high) if metric.better == "lower" else (score.high, before.low)
    if best is None or worst is None:
        return False
    apart = best > worst if metric.better == "lower" else best < worst
    return apart and worse_by(metric, score.value, before.value) > tolerance


def _compared(worse: float) -> str:
    if abs(worse) < 0.0005:
        return "the same"
    return f"{abs(worse):.1%} {'worse' if worse > 0 else 'better'}"


def _shown(score: MetricValue) -> str:
    if score.value is None:
        return "unknown"
    interval = "" if score.low is None or score.high is None else f" ({score.low:.4g} to {score.high:.4g})"
    return f"{score.value:.4g}{interval}"


def _numbers(score: MetricValue, reference: MetricValue | None) -> dict[str, Any]:
    numbers: dict[str, Any] = {"value": score.value, "low": score.low, "high": score.high}
    return numbers if reference is None else {**numbers, "reference": reference.value}
