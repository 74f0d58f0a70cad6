"""What registry and buckets know of one model, each read once: what cards, lineage and comparisons are made of.

Nothing is worked out here. A document that is not there is None, and whoever tells of it says so.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import ModelStatus, Registry
from functions.adapters.registry_store import Store
from functions.adapters.rollout_registry import RolloutRegistry
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.canonical_json import digest_of
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError, NotFoundError
from functions.domain.evaluation import Evaluation
from functions.domain.gate_decision import GateDecision
from functions.domain.model_config import ModelConfig
from functions.domain.model_version import ModelVersion
from functions.domain.reference import Reference
from functions.domain.release import Release
from functions.domain.rollout import Rollout
from functions.domain.signature import SIGNATURE, Signature
from functions.domain.snapshot_manifest import SnapshotManifest, training_key
from functions.domain.training import Training

LAST_TRAININGS, LAST_EVALUATIONS, LAST_ROLLOUTS = 500, 500, 500
CONTRACT, LINEAGE, REFERENCE = "contract.json", "lineage.json", "reference.json"

Report = Mapping[str, Any]


class ModelFacts:
    """One model; `data` is the bucket of reports, `artifacts` that of versions, snapshots and decisions.

    Reading raises NotFoundError where the registry names a file that is not there, CorruptArtifactError where one is
    not what was registered, UnavailableError where AWS did not answer.
    """

    def __init__(self, store: Store, data: DataLake, artifacts: DataLake, model: str) -> None:
        self.model = model
        self._store, self._data, self._artifacts = store, data, artifacts
        self._references = References(artifacts, data)
        self._files: dict[int, dict[str, bytes]] = {}
        self._reports: dict[str, Report | None] = {}

    @cached_property
    def status(self) -> ModelStatus:
        return Registry(self._store).status(self.model)

    @cached_property
    def config(self) -> ModelConfig | None:
        """The deployed settings; None of a model whose stack was never deployed."""
        try:
            return MonitoringRegistry(self._store).config(self.model)
        except NotFoundError:
            return None

    @cached_property
    def trainings(self) -> Sequence[Training]:
        """The last ones, oldest first."""
        return TrainingRegistry(self._store).trainings(self.model, LAST_TRAININGS)

    @cached_property
    def evaluations(self) -> Sequence[Evaluation]:
        """The last ones, oldest first."""
        return MonitoringRegistry(self._store).evaluations(self.model, LAST_EVALUATIONS)

    @cached_property
    def rollouts(self) -> Sequence[Rollout]:
        """The last ones, oldest first."""
        return RolloutRegistry(self._store).rollouts(self.model, LAST_ROLLOUTS)

    @property
    def external(self) -> bool:
        """Whether it is hosted elsewhere: its versions are then the names that its observations give."""
        return self.config is not None and self.config.external

    @cached_property
    def names(self) -> Sequence[str]:
        """The versions that there are: numbers of a hosted model, names of an external one, oldest first."""
        if not self.external:
            return [str(version.number) for version in self.status.versions]
        found = dict.fromkeys(name for one in self.evaluations for name in (*one.versions, one.live_version) if name)
        return list(found)

    def check(self, version: str) -> None:
        """Raises NotFoundError where the model has no such version; the text says which ones it has."""
        if version in self.names:
            return
        if self.external:
            none = "no evaluation has found one yet: `trimtab evaluate` makes one"
            raise NotFoundError(f"{self.model} has no version {version}: {_those(self.names, none)}")
        raise NotFoundError(f"{self.model} has no version {version}: {_those(self.names, 'deploy it first')}")

    def version(self, name: str) -> ModelVersion | None:
        """The registered version of that name; None of an external model's.

        Raises:
            NotFoundError: the model has no such version.
        """
        self.check(name)
        if self.external:
            return None
        return next(version for version in self.status.versions if str(version.number) == name)

    @property
    def live(self) -> str | None:
        """The hosted version that clients reach; of an external model the newest that evaluations saw."""
        if self.external:
            return self.evaluations[-1].live_version if self.evaluations else None
        return self.version_of_release(self.status.record.live)

    def version_of_release(self, number: int | None) -> str | None:
        return next((str(one.model_version) for one in self.status.releases if one.number == number), None)

    def releases_of(self, number: int) -> Sequence[Release]:
        return [one for one in self.status.releases if one.model_version == number]

    def rollouts_of(self, number: int) -> Sequence[Rollout]:
        return [one for one in self.rollouts if one.model_version == number]

    def training_of(self, number: int) -> Training | None:
        """The training of the loop that the version came of; None of one that a person brought."""
        return next((one for one in reversed(self.trainings) if one.version == number), None)

    def lineage(self, version: ModelVersion) -> Mapping[str, Any]:
        """The artifact's lineage.json: digests of data and code, packages, parity."""
        found: Mapping[str, Any] = json.loads(self._of(version)[LINEAGE])
        return found

    def contract(self, version: ModelVersion) -> Contract:
        return Contract.from_document(json.loads(self._of(version)[CONTRACT]))

    def reference(self, version: ModelVersion) -> Reference | None:
        """What the version was measured to be at training; None where it came without data."""
        files = self._of(version)
        found = Reference.from_bytes(files[REFERENCE]) if REFERENCE in files else Reference.unknown(self.model)
        return found if found.rows else None

    @cached_property
    def frozen_reference(self) -> Reference | None:
        """What an external model's windows are compared with: its first one that was large enough."""
        return self._references.frozen(self.model)

    def snapshot(self, version: ModelVersion) -> SnapshotManifest | None:
        """The manifest of the rows that it learnt from; None where none was kept.

        Raises:
            CorruptArtifactError: it is not the one that the version's lineage names.
        """
        digest = (self.lineage(version).get("data") or {}).get("snapshot")
        found = None if digest is None else self._artifacts.get(training_key(self.model, digest, "json"))
        if found is None:
            return None
        if digest_of(found.body) != digest:
            raise CorruptArtifactError(f"the snapshot {digest} of {self.model} was changed after it was written")
        return SnapshotManifest.from_bytes(found.body)

    def decision(self, training: Training | None) -> GateDecision | None:
        """What the gate said of a training's challenger."""
        found = None if training is None or training.gate is None else self._artifacts.get(training.gate)
        return None if found is None else GateDecision.from_document(json.loads(found.body))

    def sizes(self, version: ModelVersion) -> Mapping[str, int]:
        """Bytes of each of a version's files, by name."""
        prefix = _prefix(version)
        return {listed.key.removeprefix(prefix): listed.size for listed in self._artifacts.list(prefix)}

    def listed(self, version: ModelVersion) -> Mapping[str, str]:
        """SHA-256 of each file that the version's manifest lists."""
        return self._references.digests(version)

    def signature(self, version: ModelVersion) -> Signature | None:
        """What the version's files are signed with, as it is kept; whether it holds is for `roll_out` to verify."""
        found = self._artifacts.get(_prefix(version) + SIGNATURE)
        return None if found is None else Signature.from_bytes(found.body)

    def report(self, evaluation: Evaluation) -> Report | None:
        """The whole report of an evaluation; None where there is none any more."""
        key = evaluation.report
        if key is not None and key not in self._reports:
            found = self._data.get(key)
            self._reports[key] = None if found is None else json.loads(found.body)
        return None if key is None else self._reports[key]

    def _of(self, version: ModelVersion) -> dict[str, bytes]:
        if version.number not in self._files:
            self._files[version.number] = self._references.files(version, (CONTRACT, LINEAGE, REFERENCE))
        return self._files[version.number]


def _prefix(version: ModelVersion) -> str:
    return f"artifacts/model={version.model}/version={version.number}/"


def _those(names: Sequence[str], none: str) -> str:
    return f"it has {', '.join(names)}" if names else none
