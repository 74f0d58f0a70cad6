"""Versions side by side, of one model or of several, hosted here or elsewhere: what each was measured to be, who wins.

Every number is from registry, artifacts and reports. Hold-outs differ between versions as a rule: their metrics are
told beside each other, and decide nothing unless they are the same rows (`domain.who_wins`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_store import Store
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.training import Training
from functions.domain.who_wins import Answer, answer
from functions.manage.compared_windows import compared_windows
from functions.manage.model_facts import ModelFacts
from functions.manage.pair_evidence import Subject, config_document, evidence, obstacles
from functions.manage.service_record import live_windows

SCHEMA_VERSION = 1
LAST_VERSIONS = 4  # of a model that names none
MOST_VERSIONS = 20  # side by side; each pair of them is judged
LAST_REFUSED = 3

Document = dict[str, Any]


class Comparison:
    """Comparisons in one stage; `data` is the bucket of reports, `artifacts` that of versions and decisions."""

    def __init__(self, store: Store, data: DataLake, artifacts: DataLake) -> None:
        self._store, self._data, self._artifacts = store, data, artifacts

    def document(self, asked: Mapping[str, Sequence[str]]) -> Document:
        """The versions asked for, by model; of a model without any its last few.

        Raises:
            InvalidRequestError: too many versions at once, or none at all.
            NotFoundError: there is no such version; the text names those that there are.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: AWS did not answer.
        """
        models = {name: ModelFacts(self._store, self._data, self._artifacts, name) for name in asked}
        subjects = [subject for name, facts in models.items() for subject in _chosen(facts, asked[name])]
        if not 0 < len(subjects) <= MOST_VERSIONS:
            raise InvalidRequestError(f"{len(subjects)} versions to compare: name 1 to {MOST_VERSIONS}")
        return {
            "v": SCHEMA_VERSION,
            "models": {name: config_document(facts.config) for name, facts in models.items()},
            "versions": [_version(subject) for subject in subjects],
            "pairs": [_pair(first, second) for first, second in combinations(subjects, 2)],
            **compared_windows(subjects),
            "refused": [
                _refusal(one)
                for facts in models.values()
                for one in [training for training in facts.trainings if training.state == "refused"][-LAST_REFUSED:]
            ],
        }


def asked_for(text: str) -> dict[str, list[str]]:
    """What a comparison is asked for, in words: `flights:3,5;tides` is two versions of flights and tides' last few.

    Raises:
        InvalidRequestError: it is not of that form, or names a model twice.
    """
    found: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        model, colon, versions = part.partition(":")
        numbers = [number.strip() for number in versions.split(",") if number.strip()]
        if not model or (colon and not numbers):
            raise InvalidRequestError(f"{part!r} must be MODEL, or MODEL:VERSION,VERSION such as flights:3,5")
        if model in found:
            raise InvalidRequestError(f"{model} is named twice: name its versions together, such as {model}:3,5")
        found[model] = numbers
    return found


def _chosen(facts: ModelFacts, versions: Sequence[str]) -> list[Subject]:
    chosen = list(dict.fromkeys(versions)) or list(facts.names[-LAST_VERSIONS:])
    if not chosen:
        what = "no evaluation has found one yet" if facts.external else "deploy it first"
        raise NotFoundError(f"{facts.model} has no version 1: {what}")
    for version in chosen:
        facts.check(version)
    return [Subject(facts, version) for version in chosen]


def _pair(first: Subject, second: Subject) -> Document:
    """Who of two is better, and why; the strongest evidence first."""
    why = obstacles(first, second)
    found = [] if why else evidence(first, second)
    said: Answer = "not_comparable" if why else answer(found)
    return {
        "first": {"model": first.facts.model, "version": first.version},
        "second": {"model": second.facts.model, "version": second.version},
        "answer": said,
        "winner": {"first": first.name, "second": second.name}.get(said),
        "obstacles": why,
        "evidence": [one.to_document() for one in found],
    }


def _version(subject: Subject) -> Document:
    """One version's column. What an external one has not (files, hold-out, gate) is None."""
    facts, version = subject.facts, subject.facts.version(subject.version)
    told = {
        "model": facts.model,
        "version": subject.version,
        "hosted": version is not None,
        "live": facts.live == subject.version,
        "in_service": _in_service(subject),
    }
    if version is None:
        empty = ("state", "registered_at", "registered_by", "fit", "holdout", "gate")
        return told | dict.fromkeys(empty) | {"metrics": {}, "releases": []}
    return told | _registered(facts, version)


def _registered(facts: ModelFacts, version: ModelVersion) -> Document:
    data, reference = facts.lineage(version).get("data") or {}, facts.reference(version)
    return {
        "state": version.state,
        "registered_at": version.registered_at,
        "registered_by": version.registered_by,
        "fit": data.get("fit"),
        "holdout": data.get("holdout"),
        "metrics": {} if reference is None else {name: asdict(value) for name, value in reference.metrics.items()},
        "gate": _gate(facts, version.number),
        "releases": [
            {"release": one.number, "state": one.state, "live_at": one.live_at}
            for one in facts.releases_of(version.number)
        ],
    }


def _gate(facts: ModelFacts, number: int) -> Document | None:
    """The gate's word on it; None of a version that a person deployed."""
    training = facts.training_of(number)
    if training is None or training.gate is None:
        return None
    decision = facts.decision(training)
    champion = None if decision is None else decision.champion
    return {
        "execution": training.execution,
        "cause": training.cause,
        "decision": training.state if decision is None else decision.decision,
        "reasons": list(training.reasons),
        "champion": None if champion is None else champion["version"],
        "report": training.gate,
    }


def _in_service(subject: Subject) -> Document | None:
    """What evaluations found of it while it was live: how many, from when to when, and the last judged metric."""
    found = live_windows(subject.facts, subject.version)
    if not found:
        return None
    judged = [one.versions[subject.version] for one in found if subject.version in one.versions]
    return {
        "windows": len(found),
        "from": found[0].window[0],
        "to": found[-1].window[1],
        "judged": judged[-1] if judged else None,
        "verdicts": [one.verdict for one in found][-5:],
    }


def _refusal(training: Training) -> Document:
    """A challenger that became no version."""
    return {
        "model": training.model,
        "execution": training.execution,
        "started_at": training.started_at,
        "step": training.step,
        "reasons": list(training.reasons),
        "report": training.gate,
    }
