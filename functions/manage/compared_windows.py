"""Window by window: all metrics that each version had on its own labelled rows, and the newest windows' slices."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.evaluation import Evaluation
from functions.manage.pair_evidence import Subject
from functions.manage.service_record import performance_of, slices_of

LAST_WINDOWS = 30  # labelled windows side by side

Document = dict[str, Any]
_NAMES = ("value", "low", "high")


def compared_windows(subjects: Sequence[Subject]) -> Document:
    """`windows`, oldest first: each with an entry for each version that has labelled rows in it.

    An entry's metrics are all that its report has of the version; the judged one alone where the report is gone.
    `slices` are those of each model's newest window, over all versions that answered in it.
    """
    found: dict[tuple[str, str], list[Document]] = {}
    for subject in subjects:
        for evaluation in _judged(subject):
            found.setdefault(evaluation.labelled_window, []).append(_entry(subject, evaluation))
    windows = [
        {"start": window[0], "end": window[1], "versions": found[window]}
        for window in sorted(found, key=lambda pair: (pair[1], pair[0]))[-LAST_WINDOWS:]
    ]
    return {"windows": windows, "slices": _slices(subjects)}


def _judged(subject: Subject) -> Sequence[Evaluation]:
    return [one for one in subject.facts.evaluations if subject.version in one.versions][-LAST_WINDOWS:]


def _entry(subject: Subject, evaluation: Evaluation) -> Document:
    report = subject.facts.report(evaluation)
    found = None if report is None else performance_of(report, subject.version)
    config = subject.facts.config
    if found is None:
        judged = "" if config is None else config.evaluate.judged_metric
        metrics: Mapping[str, Any] = {judged: dict(evaluation.versions[subject.version])}
    else:
        metrics = {metric["name"]: {name: metric[name] for name in _NAMES} for metric in found["metrics"]}
    return {
        "model": subject.facts.model,
        "version": subject.version,
        "rows": None if found is None else found["rows"],
        "metrics": metrics,
        "report": evaluation.report,
    }


def _slices(subjects: Sequence[Subject]) -> list[Document]:
    told = []
    for facts in {subject.facts.model: subject.facts for subject in subjects}.values():
        last = next((one for one in reversed(facts.evaluations) if one.versions), None)
        found = None if last is None else slices_of(facts.report(last))
        if found is not None:
            told.append({"model": facts.model, **found})
    return told
