"""Lineage: from data over snapshot, training, gate, version, release and rollout to predictions, with digests.

A node is `{id, kind, label, sha256, about}`, an edge `{from, to, what}` in the order in which things came about. Only
what registry and buckets say is in it: no edge is guessed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_store import Store
from functions.domain.errors import NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.training import Training
from functions.manage.graph import Document, Graph
from functions.manage.lineage_service import answered, published
from functions.manage.model_facts import ModelFacts
from functions.manage.service_record import live_windows

SCHEMA_VERSION = 1
LAST_VERSIONS = 50  # of a model's own graph
LAST_REFUSED = 10  # challengers that became no version


class Lineage:
    """Lineage in one stage; `data` is the bucket of reports, `artifacts` that of versions, snapshots and decisions."""

    def __init__(self, store: Store, data: DataLake, artifacts: DataLake) -> None:
        self._store, self._data, self._artifacts = store, data, artifacts

    def document(self, model: str, version: str | None = None) -> Document:
        """One version from its data to its predictions; without a version, how a model's versions came from another.

        Raises:
            NotFoundError: there is no such model or version; the text names those that there are.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: AWS did not answer.
        """
        facts = ModelFacts(self._store, self._data, self._artifacts, model)
        if version is None and not facts.names:
            raise NotFoundError(f"{model} has no version yet: deploy it first")
        graph = model_graph(facts) if version is None else version_graph(facts, version)
        return {"v": SCHEMA_VERSION, "model": model, "version": version, **graph}


def version_graph(facts: ModelFacts, name: str) -> Document:
    """All that a version came of, and all that came of it."""
    graph = Graph()
    version = facts.version(name)
    if version is None:
        graph.add(f"version/{name}", "version", f"version {name}", about={"hosted": "elsewhere"})
    else:
        training = facts.training_of(version.number)
        _version(graph, facts, version)
        _trained(graph, facts, version, training)
        _judged(graph, facts, version, training)
        published(graph, facts, version)
    answered(graph, facts, name)
    return graph.to_document()


def model_graph(facts: ModelFacts) -> Document:
    """A model's last versions: what each learnt from, which champion it was held against, how long it was live."""
    graph, first_seen = Graph(), dict[str, str]()
    for version in facts.status.versions[-LAST_VERSIONS:]:
        place = _version(graph, facts, version)
        snapshot = _snapshot(graph, facts, version)
        if snapshot is not None:
            graph.join(snapshot, place, "rows")
            _first_rows(graph, facts, version, snapshot, first_seen)
        decision = facts.decision(facts.training_of(version.number))
        if decision is not None and decision.champion is not None:
            graph.join(f"version/{decision.champion['version']}", place, "champion")
        _in_service(graph, facts, str(version.number))
    if facts.external:
        for name in facts.names[-LAST_VERSIONS:]:
            graph.add(f"version/{name}", "version", f"version {name}", about={"hosted": "elsewhere"})
            _in_service(graph, facts, name)
    for training in [one for one in facts.trainings if one.state == "refused"][-LAST_REFUSED:]:
        _refused(graph, facts, training)
    return graph.to_document()


def _version(graph: Graph, facts: ModelFacts, version: ModelVersion) -> str:
    about: Document = {
        "state": version.state,
        "registered_at": version.registered_at,
        "registered_by": version.registered_by,
    }
    about |= {"live": facts.live == str(version.number), "files": facts.listed(version)}
    name = f"version {version.number}"
    return graph.add(f"version/{version.number}", "version", name, version.artifact_digest, about)


def _snapshot(graph: Graph, facts: ModelFacts, version: ModelVersion) -> str | None:
    """The rows that a version learnt from; by the digest of the values alone where no manifest was kept."""
    told, manifest = facts.lineage(version).get("data"), facts.snapshot(version)
    if told is None:
        return None
    digest = told.get("snapshot") or told.get("sha256")
    about: dict[str, Any] = {name: told.get(name) for name in ("fit", "holdout")}
    if manifest is not None:
        about |= {"as_of": manifest.as_of, "window": dict(manifest.window), "quarantined": manifest.rows.quarantined}
    return graph.add(f"snapshot/{digest}", "snapshot", _snapshot_label(about), digest, about)


def _snapshot_label(about: Mapping[str, Any]) -> str:
    as_of = about.get("as_of")
    return f"snapshot of {as_of[:10]}" if as_of else "first snapshot"


def _trained(graph: Graph, facts: ModelFacts, version: ModelVersion, training: Training | None) -> None:
    """Data files, snapshot and code, and the training that made a version of them."""
    made = _training(graph, facts, version, training)
    lineage, manifest = facts.lineage(version), facts.snapshot(version)
    snapshot = _snapshot(graph, facts, version)
    if snapshot is not None:
        graph.join(snapshot, made, "rows")
    if manifest is not None and snapshot is not None:
        for file in manifest.files:
            label = "first training set" if file.part == "first" else "rows of the log"
            about = {"rows": file.rows, "key": file.key}
            graph.join(graph.add(f"data/{file.sha256}", "data", label, file.sha256, about), snapshot, "files")
    code = lineage.get("code") or {}
    digest = code.get("archive") or code.get("sha256")
    if digest is not None:
        files = {"files": len(code.get("files") or ()), "python": lineage.get("python")}
        graph.join(graph.add(f"code/{digest}", "code", "the model's code", digest, files), made, "code")
    if training is None:
        graph.join(made, f"version/{version.number}", "registered")


def _training(graph: Graph, facts: ModelFacts, version: ModelVersion, training: Training | None) -> str:
    if training is None:
        about = {"by": version.registered_by, "registered_at": version.registered_at}
        brought = "brought by hand" if facts.lineage(version).get("data") is None else "trained by hand"
        return graph.add(f"training/version-{version.number}", "training", brought, None, about)
    told = {name: getattr(training, name) for name in ("cause", "actor", "started_at", "ended_at", "state", "labels")}
    return graph.add(f"training/{training.execution}", "training", f"training by {training.cause}", None, told)


def _judged(graph: Graph, facts: ModelFacts, version: ModelVersion, training: Training | None) -> None:
    """The gate's decision, and the champion that it held the challenger against."""
    if training is None:
        return
    place, made = f"version/{version.number}", f"training/{training.execution}"
    decision = facts.decision(training)
    if decision is None:
        graph.join(made, place, "registered")
        return
    checks = {check.name: check.passed for check in decision.checks}
    about: Document = {"as_of": decision.as_of, "report": training.gate, "checks": checks}
    gate = graph.add(f"gate/{decision.execution}", "gate", f"gate: {decision.decision}", None, about)
    graph.join(made, gate, "challenger")
    graph.join(gate, place, "registered")
    if decision.champion is not None:
        number = decision.champion["version"]
        champion = next((one for one in facts.status.versions if one.number == number), None)
        known = None if champion is None else champion.artifact_digest
        graph.join(graph.add(f"version/{number}", "version", f"version {number}", known), gate, "champion")
    manifest = facts.snapshot(version)
    if manifest is not None and manifest.golden is not None:
        golden = manifest.golden
        about = {"rows": golden.rows, "key": golden.key}
        graph.join(graph.add(f"data/{golden.sha256}", "data", "golden set", golden.sha256, about), gate, "golden set")


def _first_rows(graph: Graph, facts: ModelFacts, version: ModelVersion, snapshot: str, seen: dict[str, str]) -> None:
    """A snapshot that takes over the first training set of an earlier one; `seen` is by the digest of its files."""
    manifest = facts.snapshot(version)
    for file in () if manifest is None else manifest.files:
        if file.part == "first" and seen.setdefault(file.sha256, snapshot) != snapshot:
            graph.join(seen[file.sha256], snapshot, "first rows")


def _in_service(graph: Graph, facts: ModelFacts, name: str) -> None:
    found = live_windows(facts, name)
    if not found:
        return
    about: Document = {"windows": len(found), "from": found[0].window[0], "to": found[-1].window[1]}
    about |= {"verdict": found[-1].verdict, "predictions_in_last_window": found[-1].rows}
    label = f"{len(found):,} windows judged" if len(found) > 1 else "1 window judged"
    graph.join(f"version/{name}", graph.add(f"service/{name}", "predictions", label, None, about), "answered")


def _refused(graph: Graph, facts: ModelFacts, training: Training) -> None:
    decision = facts.decision(training)
    about: Document = {"started_at": training.started_at, "step": training.step, "reasons": list(training.reasons)}
    place = graph.add(f"training/{training.execution}", "training", "refused challenger", None, about)
    for champion in _champions(decision.champion if decision is not None else None):
        if graph.has(champion):
            graph.join(champion, place, "champion")


def _champions(told: Mapping[str, Any] | None) -> Iterable[str]:
    return () if told is None else (f"version/{told['version']}",)
