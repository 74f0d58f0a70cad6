"""Of a card: inputs, data, code and the gate's decision."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from functions.domain.contract import Contract, Feature
from functions.domain.model_version import ModelVersion
from functions.domain.snapshot_manifest import training_key
from functions.domain.training import Training
from functions.manage.model_facts import ModelFacts

MOST_CATEGORIES = 50  # that a card lists of a feature

Document = dict[str, Any]


def inputs(contract: Contract) -> list[Document]:
    return features(contract.features)


def features(of: Sequence[Feature]) -> list[Document]:
    """Each input with its type and limits; of many categories the first ones, and how many there are."""
    found = []
    for feature in of:
        known = feature.categories
        listed = {"categories": None if known is None else list(known[:MOST_CATEGORIES])}
        found.append(asdict(feature) | listed | {"distinct_categories": None if known is None else len(known)})
    return found


def guard(contract: Contract) -> Document:
    """What happens to a row that is unlike the training data, and how much a request may bring."""
    return {**asdict(contract.guard), "max_body": contract.max_body}


def data(facts: ModelFacts, version: ModelVersion) -> Document | None:
    """What it learnt from; None of a model that came ready-made. `snapshot` is None where none was kept."""
    told = facts.lineage(version).get("data")
    if told is None:
        return None
    manifest = facts.snapshot(version)
    return {
        "sha256": told.get("sha256"),
        "snapshot_sha256": told.get("snapshot"),
        "fit": told.get("fit"),
        "holdout": told.get("holdout"),
        "snapshot": None
        if manifest is None
        else {
            "key": training_key(facts.model, str(told["snapshot"]), "json"),
            "as_of": manifest.as_of,
            "window": dict(manifest.window),
            "hold_out_from": manifest.hold_out_from,
            "seed": manifest.seed,
            "files": [asdict(file) for file in manifest.files],
            "golden": None if manifest.golden is None else asdict(manifest.golden),
            "rows": asdict(manifest.rows),
            "quarantine": asdict(manifest.quarantine),
        },
    }


def made_by(facts: ModelFacts, version: ModelVersion, training: Training | None) -> Document:
    """Code, libraries and the training: enough for `trimtab reproduce`. `training` is None of one by hand."""
    lineage = facts.lineage(version)
    code = lineage.get("code") or {}
    return {
        "code_sha256": code.get("sha256"),
        "archive": code.get("archive"),
        "files": len(code.get("files") or ()),
        "python": lineage.get("python"),
        "packages": dict(lineage.get("packages") or {}),
        "settings": lineage.get("train"),
        "training": None if training is None else training_document(training),
    }


def training_document(training: Training) -> Document:
    names = ("execution", "cause", "actor", "started_at", "ended_at", "state", "labels", "quarantined", "snapshot")
    return {name: getattr(training, name) for name in names}


def gate(facts: ModelFacts, training: Training | None) -> Document | None:
    """The decision with every check and its numbers; None where the gate was never asked, or its word is gone."""
    found = facts.decision(training)
    if found is None or training is None:
        return None
    gain = next((check.numbers for check in found.checks if check.name == "gain"), {})
    return {
        "report": training.gate,
        "execution": found.execution,
        "as_of": found.as_of,
        "decision": found.decision,
        "metric": gain.get("metric"),
        "champion": None if found.champion is None else dict(found.champion),
        "checks": [check.to_document() for check in found.checks],
        "held_out": found.evidence.get("held_out"),
        "traffic": found.evidence.get("traffic"),
    }
