"""The model card of a version: what it is for, what it learnt from, what it was found to be, who let it live.

After Mitchell et al. 2019, Model Cards for Model Reporting (FAT*): details, intended use, factors (slices), metrics,
evaluation data, training data, caveats. Everything is read from registry, artifact bucket and reports. What none of
them says is null, and `unknown` tells why; nothing is filled in. docs/model-card.schema.json describes each field.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_store import Store
from functions.domain.metric_names import METRICS
from functions.domain.model_version import ModelVersion
from functions.domain.reference import Reference
from functions.domain.signature import ALGORITHM
from functions.manage import card_training, service_record
from functions.manage.audit_of_version import audit_of_version
from functions.manage.card_baseline import baseline
from functions.manage.lineage import version_graph
from functions.manage.model_facts import ModelFacts, Report

SCHEMA_VERSION = 1
ABOUT = ("owner", "description", "intended_use", "limitations")

Document = dict[str, Any]


class ModelCard:
    """Cards of one stage; `data` is the bucket of reports, `artifacts` that of versions, snapshots and decisions."""

    def __init__(self, store: Store, data: DataLake, artifacts: DataLake) -> None:
        self._store, self._data, self._artifacts = store, data, artifacts

    def document(self, model: str, version: str) -> Document:
        """The card of a hosted version by its number, or of an external one by the name that observations give.

        Raises:
            NotFoundError: there is no such model or version; the text names those that there are.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: AWS did not answer.
        """
        facts = ModelFacts(self._store, self._data, self._artifacts, model)
        registered = facts.version(version)
        if registered is None:
            card = self._whole(facts, version, _of_external(facts, version))
        else:
            card = self._whole(facts, version, self._of_registered(facts, registered))
        return card | {"unknown": [{"part": part, "why": why} for part, why in _unknown(card)]}

    def _whole(self, facts: ModelFacts, version: str, own: Document) -> Document:
        """What is told of any version, and `own`, which depends on where it is hosted."""
        config, report = facts.config, service_record.last_report(facts, version)
        about = {} if config is None else config.about
        return {
            "v": SCHEMA_VERSION,
            "model": facts.model,
            "version": version,
            "hosted": not facts.external,
            "live": facts.live == version,
            "task": None if config is None else config.task,
            "label": None if config is None else {"name": config.label, "positive": config.positive},
            "about": {name: about.get(name) or None for name in ABOUT},
            **own,
            "slices": {"gate": _gate_slices(own["gate"]), "service": service_record.slices_of(report)},
            "latency": {"gate": _gate_latency(own["gate"]), "service": _service_latency(report)},
            "service": service_record.service_record(facts, version),
        }

    def _of_registered(self, facts: ModelFacts, version: ModelVersion) -> Document:
        training = facts.training_of(version.number)
        reference = facts.reference(version)
        contract = facts.contract(version)
        return {
            "registered": _registered(version, facts),
            "inputs": card_training.inputs(contract),
            "guard": card_training.guard(contract),
            "data": card_training.data(facts, version),
            "metrics": _metrics(reference),
            "gate": card_training.gate(facts, training),
            "parity": facts.lineage(version).get("parity"),
            "baseline": None if reference is None else baseline(reference),
            "made_by": card_training.made_by(facts, version, training),
            "lineage": version_graph(facts, str(version.number)),
            "approvals": _approvals(version),
            "rollouts": [service_record.rollout_document(one) for one in facts.rollouts_of(version.number)],
            "audit": audit_of_version(self._store.entries_about(facts.model), facts, version.number),
        }


def _of_external(facts: ModelFacts, version: str) -> Document:
    """An external version's own: the settings say what it is asked, its first window what it is compared with."""
    reference = facts.frozen_reference
    nothing: Document = dict.fromkeys(("registered", "guard", "data", "gate", "parity", "made_by", "approvals"))
    return {
        **nothing,
        "inputs": [] if facts.config is None else card_training.features(facts.config.features),
        "metrics": None,
        "baseline": None if reference is None else baseline(reference),
        "lineage": version_graph(facts, version),
        "rollouts": [],
        "audit": [],
    }


def _registered(version: ModelVersion, facts: ModelFacts) -> Document:
    sizes, signature = facts.sizes(version), facts.signature(version)
    return {
        "at": version.registered_at,
        "by": version.registered_by,
        "state": version.state,
        "reason": version.reason,
        "artifact": version.artifact_digest,
        "signature": None if signature is None else {"key": signature.key, "algorithm": ALGORITHM},
        "files": [
            {"name": name, "sha256": digest, "bytes": sizes.get(name)} for name, digest in facts.listed(version).items()
        ],
    }


def _approvals(version: ModelVersion) -> Document:
    """Who brought it, and who let it live; how many must is the model's [approval] mode."""
    return {
        "author": version.author,
        "person": version.author_person,
        "evidence_at": version.evidence_at,
        "given": [asdict(approval) for approval in version.approvals],
    }


def _metrics(reference: Reference | None) -> Document | None:
    """What it was measured to be on the rows that were held out; None where it came without data."""
    if reference is None:
        return None
    values = [
        {
            "name": name,
            "title": METRICS[name].title,
            "better": METRICS[name].better,
            **{key: getattr(found, key) for key in ("value", "low", "high")},
        }
        for name, found in sorted(reference.metrics.items(), key=lambda pair: list(METRICS).index(pair[0]))
    ]
    return {"rows": reference.holdout_rows, "values": values}


def _gate_slices(gate: Document | None) -> Document | None:
    """Challenger against champion by slice, as the gate found it."""
    check = None if gate is None else next((one for one in gate["checks"] if one["name"] == "slices"), None)
    if gate is None or check is None:
        return None
    return {"metric": gate["metric"], "champion": (gate["champion"] or {}).get("version"), **check["numbers"]}


def _gate_latency(gate: Document | None) -> Document | None:
    check = None if gate is None else next((one for one in gate["checks"] if one["name"] == "latency"), None)
    return None if check is None else dict(check["numbers"])


def _service_latency(report: Report | None) -> Document | None:
    found = None if report is None else report["operation"]["latency_ms"]
    if report is None or found is None:
        return None
    return {"window": report["window"], "versions": [entry["version"] for entry in report["versions"]], **found}


def _unknown(card: Document) -> Iterator[tuple[str, str]]:
    """Each part that nothing is known of, and why that is."""
    if card["task"] is None:
        yield "about", "the registry has no settings of the model: its stack was never deployed"
    else:
        for name in (name for name in ABOUT if card["about"][name] is None):
            yield f"about.{name}", f"model.toml has no {name} under [model]"
    if card["service"] is None:
        yield "service", "no evaluation has found the version live yet"
    elif card["slices"]["service"] is None:
        yield "slices.service", "model.toml names no slices under [evaluate], or the reports are gone"
    if not card["hosted"]:
        yield "registered", "it is hosted elsewhere: no file of it is here, only what it was seen to answer"
        yield "data", "it is hosted elsewhere: nobody told what it learnt from"
        yield "metrics", "it is hosted elsewhere: its hold-out is not here; what came out in service is under `service`"
        yield "gate", "it is hosted elsewhere: the gate judges what is hosted here"
    else:
        yield from _unknown_of_hosted(card)


def _unknown_of_hosted(card: Document) -> Iterator[tuple[str, str]]:
    if card["registered"]["signature"] is None:
        yield "registered.signature", "its files were registered without a signature: roll_out refuses it"
    if card["data"] is None:
        yield "data", "it came ready-made: nobody said what it learnt from"
    elif card["data"]["snapshot"] is None:
        yield "data.snapshot", "the list of the files that it learnt from was not kept, or is gone"
    if card["metrics"] is None:
        yield "metrics", "it came without rows to measure it on"
    if card["gate"] is None:
        yield "gate", "a person deployed it: the gate was not asked"
    if card["parity"] is None:
        yield "parity", "there was no original to compare the ONNX file with"
    if card["approvals"]["person"] is None:
        yield "approvals.person", f"no person is known behind its author, {card['approvals']['author']}"
    if not card["rollouts"]:
        yield "rollouts", "it was never rolled out"
