"""The audit chain's entries about one version: its own, and those of its training, its releases and its rollouts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from functions.domain.audit import StoredEntry
from functions.manage.model_facts import ModelFacts

_RELEASES = ("release", "canary", "before", "from", "to")  # what entries call releases that they are about


def audit_of_version(entries: Iterable[StoredEntry], facts: ModelFacts, number: int) -> list[dict[str, Any]]:
    """Who did what, oldest first, of `entries` that may be about the model.

    Entries are told as they are written; whether the chain holds is for `trimtab audit verify` to say.
    """
    training, releases = facts.training_of(number), {one.number for one in facts.releases_of(number)}
    ours: dict[str, set[Any]] = {
        "version": {number},
        "rollout": {one.number for one in facts.rollouts_of(number)},
        "execution": set() if training is None else {training.execution},
        **dict.fromkeys(_RELEASES, releases),
    }
    # A model's name and its quotes are in the entry's text: most entries need not be parsed to be passed over.
    mark = json.dumps(facts.model)
    found = []
    for entry in entries:
        if mark not in entry.body:
            continue
        told = json.loads(entry.body)
        if told["model"] == facts.model and _about(told["details"], ours):
            found.append(_document(entry, told))
    return found


def _about(details: Mapping[str, Any], ours: Mapping[str, set[Any]]) -> bool:
    """An entry that names a version is about that one alone, whatever else it names."""
    if "version" in details:
        return details["version"] in ours["version"]
    return any(details.get(name) in known for name, known in ours.items())


def _document(entry: StoredEntry, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": told["time"],
        "action": told["action"],
        "actor": told["actor"],
        "details": dict(told["details"]),
        "sha256": entry.digest,
    }
