"""What was measured of two versions that can be held against each other, and what forbids it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.domain.evaluation import Evaluation
from functions.domain.gate_decision import GateDecision
from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.rollout import Rollout
from functions.domain.who_wins import Evidence, Interval, Side, by_difference, by_overlap
from functions.manage.model_facts import ModelFacts


@dataclass(frozen=True, slots=True)
class Subject:
    """One version of one model."""

    facts: ModelFacts
    version: str

    @property
    def name(self) -> str:
        return f"{self.facts.model}:{self.version}"

    @property
    def number(self) -> int | None:
        """Of a hosted version."""
        return None if self.facts.external else int(self.version)


def obstacles(first: Subject, second: Subject) -> list[str]:
    """Why two versions cannot be compared at all; an empty list where they can."""
    settings = [each.facts.config for each in (first, second)]
    one, other = settings
    if one is None or other is None:
        missing = first if one is None else second
        return [f"the registry has no settings of {missing.facts.model}: what it predicts is not known"]
    found = []
    if one.task != other.task:
        found.append(f"different tasks: {one.model} is a {one.task} model, {other.model} a {other.task} model")
    if one.label != other.label:
        found.append(f"different labels: {one.model} predicts {one.label}, {other.model} {other.label}")
    elif one.positive != other.positive:
        found.append(
            f"different positive classes: {one.positive!r} of {one.model}, {other.positive!r} of {other.model}"
        )
    if one.model != other.model and one.evaluate.judged_metric != other.evaluate.judged_metric:
        found.append(
            f"different metrics: {one.model} is judged by {one.evaluate.judged_metric}, {other.model} by "
            f"{other.evaluate.judged_metric}"
        )
    return found


def evidence(first: Subject, second: Subject) -> list[Evidence]:
    """All that there is, the strongest kind first."""
    return [
        *_by_gate(first, second),
        *_by_canary(first, second),
        *_by_windows(first, second),
        *_by_holdout(first, second),
    ]


def _by_gate(first: Subject, second: Subject) -> Iterator[Evidence]:
    """The gate's paired comparison of one as challenger with the other as champion, on the same held-out rows."""
    if first.facts.model != second.facts.model or first.number is None:
        return
    sides: tuple[tuple[Side, Subject, Subject], ...] = (("first", first, second), ("second", second, first))
    for side, challenger, champion in sides:
        decision = _decision(challenger)
        if decision is None or (decision.champion or {}).get("version") != champion.number:
            continue
        check = next((one for one in decision.checks if one.name == "gain"), None)
        if check is None:
            continue
        winner = by_difference(check.numbers.get("low"), check.numbers.get("high"), side)
        text = f"gate {decision.execution}, {challenger.name} against {champion.name} on the same rows: {check.text}"
        slices = next((dict(one.numbers) for one in decision.checks if one.name == "slices"), None)
        numbers = {**check.numbers, "challenger_is": side, "as_of": decision.as_of, "slices": _by_slice(slices, side)}
        yield Evidence("gate", winner, text, numbers)


def _decision(challenger: Subject) -> GateDecision | None:
    number = challenger.number
    return None if number is None else challenger.facts.decision(challenger.facts.training_of(number))


def _by_slice(slices: Mapping[str, Any] | None, challenger: Side) -> list[dict[str, Any]] | None:
    """Each slice with who wins on it."""
    if slices is None:
        return None
    return [part | {"winner": by_difference(part["low"], part["high"], challenger)} for part in slices["slices"]]


def _by_canary(first: Subject, second: Subject) -> Iterator[Evidence]:
    """The last evidence of each rollout in which one took over from the other: the same rows, scored by both."""
    if first.facts.model != second.facts.model or first.number is None:
        return
    sides: tuple[tuple[Side, Subject, Subject], ...] = (("first", first, second), ("second", second, first))
    for side, challenger, champion in sides:
        for rollout in first.facts.rollouts:
            told = rollout.evidence
            same = rollout.model_version == challenger.number
            if told is None or not same or first.facts.version_of_release(rollout.champion) != champion.version:
                continue
            yield _of_canary(rollout, told, side, challenger, champion)


def _of_canary(
    rollout: Rollout, told: Mapping[str, Any], side: Side, challenger: Subject, champion: Subject
) -> Evidence:
    apart = told["difference"]
    other: Side = "second" if side == "first" else "first"
    winner = by_difference(apart["low"], apart["high"], other)  # a loss: above zero the challenger is worse
    shown = "no interval yet" if apart["low"] is None else f"{apart['low']:+.4g} to {apart['high']:+.4g}"
    text = (
        f"rollout {rollout.number}: the loss of {challenger.name} differs from {champion.name}'s by {shown} "
        f"on {told['labelled']:,} labelled rows that both scored"
    )
    numbers = {"rollout": rollout.number, "challenger_is": side, "as_of": told.get("as_of"), **apart}
    return Evidence("canary", winner, text, {**numbers, "labelled": told["labelled"], "loss": dict(told["loss"])})


def _by_windows(first: Subject, second: Subject) -> Iterator[Evidence]:
    """The newest labelled window in which both have the judged metric, each on the rows that it answered itself."""
    shared = shared_windows(first, second)
    config = first.facts.config
    if not shared or config is None:
        return
    metric = METRICS[config.evaluate.judged_metric]
    one, other = shared[-1]
    values = _interval(one.versions[first.version]), _interval(other.versions[second.version])
    text = (
        f"{metric.title} in the window {_window(one)}: {_shown(values[0])} of {first.name}, {_shown(values[1])} of "
        f"{second.name}; each on the rows that it answered itself, which may be of other hours"
    )
    numbers = {"metric": metric.name, "window": _document(one), "shared_windows": len(shared)}
    yield Evidence("windows", by_overlap(*values, metric.better), text, numbers | _both(values))


def shared_windows(first: Subject, second: Subject) -> Sequence[tuple[Evaluation, Evaluation]]:
    """Evaluations of the same labelled window in which each has the judged metric, oldest first."""
    others = {one.labelled_window: one for one in second.facts.evaluations if second.version in one.versions}
    return [
        (one, others[one.labelled_window])
        for one in first.facts.evaluations
        if first.version in one.versions and one.labelled_window in others
    ]


def _by_holdout(first: Subject, second: Subject) -> Iterator[Evidence]:
    """Hold-outs, where both were measured on the very same one: the digest of its rows says so."""
    known = [_measured(each) for each in (first, second)]
    one, other = known
    config = first.facts.config
    if one is None or other is None or config is None or first.facts.model != second.facts.model or one[0] != other[0]:
        return
    metric = METRICS[config.evaluate.judged_metric]
    if metric.name not in one[1].metrics or metric.name not in other[1].metrics:
        return
    values = tuple(
        Interval(m.value, m.low, m.high) for m in (one[1].metrics[metric.name], other[1].metrics[metric.name])
    )
    text = (
        f"{metric.title} on the same {one[1].holdout_rows:,} held-out rows: {_shown(values[0])} of {first.name}, "
        f"{_shown(values[1])} of {second.name}"
    )
    numbers = {"metric": metric.name, "rows": one[1].holdout_rows}
    yield Evidence("holdout", by_overlap(values[0], values[1], metric.better), text, numbers | _both(values))


def _measured(subject: Subject) -> tuple[object, Reference] | None:
    """What names the hold-out's rows (the training set's digest and where it was cut), and what was measured there."""
    if subject.number is None:
        return None
    version = subject.facts.version(subject.version)
    reference = None if version is None else subject.facts.reference(version)
    if version is None or reference is None:
        return None
    data = subject.facts.lineage(version).get("data") or {}
    return (data.get("sha256"), str(data.get("holdout")), reference.holdout_rows), reference


def _interval(values: Mapping[str, float | None]) -> Interval:
    return Interval(values["value"], values["low"], values["high"])


def _both(values: Sequence[Interval]) -> dict[str, Any]:
    names = ("value", "low", "high")
    return {
        side: {name: getattr(each, name) for name in names}
        for side, each in zip(("first", "second"), values, strict=True)
    }


def _shown(interval: Interval) -> str:
    if interval.value is None:
        return "no value"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.4g}"
    return f"{interval.value:.4g} ({interval.low:.4g} to {interval.high:.4g})"


def _window(evaluation: Evaluation) -> str:
    start, end = evaluation.labelled_window
    return f"{start[:16]} to {end[:16]}"


def _document(evaluation: Evaluation) -> dict[str, str]:
    return {"start": evaluation.labelled_window[0], "end": evaluation.labelled_window[1]}


def config_document(config: ModelConfig | None) -> dict[str, Any] | None:
    """What a model is asked, as far as a comparison depends on it."""
    if config is None:
        return None
    metric = METRICS[config.evaluate.judged_metric]
    return {
        "task": config.task,
        "external": config.external,
        "label": config.label,
        "positive": config.positive,
        "judged_metric": {"name": metric.name, "title": metric.title, "better": metric.better},
    }
