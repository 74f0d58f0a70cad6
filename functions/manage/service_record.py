"""A version's record in production: its rollouts, the windows in which it was live, and what was found of it there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.evaluation import Evaluation
from functions.domain.rollout import Rollout
from functions.manage.model_facts import ModelFacts, Report

LAST_WINDOWS = 60  # that a document lists
LAST_REPORTS = 12  # of which the whole report is read, for counts by version

Values = Mapping[str, float | None]
Document = dict[str, Any]


def service_record(facts: ModelFacts, version: str) -> Document | None:
    """How it did while it was live; None where no evaluation found it live."""
    found = live_windows(facts, version)
    if not found:
        return None
    judged = [one.versions[version] for one in found if version in one.versions]
    reports = {one.window[1] for one in found[-LAST_REPORTS:]}
    return {
        "windows": len(found),
        "from": found[0].window[0],
        "to": found[-1].window[1],
        "verdicts": dict(Counter(one.verdict for one in found)),
        "judged": judged[-1] if judged else None,
        "last": [
            _window(one, version, facts.report(one) if one.window[1] in reports else None)
            for one in found[-LAST_WINDOWS:]
        ],
    }


def live_windows(facts: ModelFacts, version: str) -> Sequence[Evaluation]:
    """The evaluations of the windows at whose end the version was live, oldest first."""
    return [one for one in facts.evaluations if one.live_version == version]


def last_report(facts: ModelFacts, version: str) -> Report | None:
    """The newest report that was made while the version was live, of those that are still there."""
    reports = (facts.report(one) for one in reversed(live_windows(facts, version)[-LAST_REPORTS:]))
    return next((report for report in reports if report is not None), None)


def predictions_of(report: Report | None, version: str) -> int | None:
    """How many predictions of the window the version made; None where the report is not known."""
    if report is None:
        return None
    return next((entry["rows"] for entry in report["versions"] if entry["version"] == version), 0)


def performance_of(report: Report, version: str) -> Mapping[str, Any] | None:
    """The metrics of the version's own labelled rows, and how many those are."""
    entries: Sequence[Mapping[str, Any]] = report["performance"]["versions"]
    return next((entry for entry in entries if entry["version"] == version), None)


def slices_of(report: Report | None) -> Document | None:
    """The judged metric by slice, over all versions that answered in the window; None where there are no slices."""
    if report is None or not report["performance"]["slices"]:
        return None
    metric = report["judged_metric"]
    return {
        "window": report["labelled_window"],
        "versions": [entry["version"] for entry in report["performance"]["versions"]],
        "metric": metric["name"],
        "slices": [
            {name: part[name] for name in ("feature", "kind", "value", "rows")}
            | {"metric": _value(part["metrics"], metric["name"])}
            for part in report["performance"]["slices"]
        ],
    }


def rollout_document(rollout: Rollout) -> Document:
    """A rollout in short: each share of the traffic that its release had, and how it ended."""
    names = ("number", "release", "champion", "cause", "actor", "started_at", "state", "weight", "reason", "ended_at")
    return {name: getattr(rollout, name) for name in names} | {
        "evidence_at": rollout.evidence_at,
        "history": [dict(line) for line in rollout.history],
    }


def _window(evaluation: Evaluation, version: str, report: Report | None) -> Document:
    """`predictions` are the version's own, where the report was read; `rows` all versions'."""
    return {
        "start": evaluation.window[0],
        "end": evaluation.window[1],
        "labelled_start": evaluation.labelled_window[0],
        "labelled_end": evaluation.labelled_window[1],
        "verdict": evaluation.verdict,
        "reasons": list(evaluation.reasons),
        "rows": evaluation.rows,
        "predictions": predictions_of(report, version),
        "labelled_rows": evaluation.labelled_rows,
        "judged": evaluation.versions.get(version),
        "drifted": list(evaluation.drifted),
        "report": evaluation.report,
    }


def _value(metrics: Sequence[Mapping[str, Any]], name: str) -> Document:
    found = next((metric for metric in metrics if metric["name"] == name), None)
    return {key: None if found is None else found[key] for key in ("value", "low", "high")}
