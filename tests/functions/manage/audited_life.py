"""A model's life as its registry, its artifacts and its sealed heads tell it: what an audit is held against."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.adapters.artifacts import Artifacts
from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import (
    Change,
    Hold,
    Key,
    Store,
    Stored,
    artifact_key,
    evidence_key,
    lease_key,
    model_key,
    version_key,
)
from functions.adapters.rollout_registry import By, RolloutRegistry
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signatures import Signatures
from functions.adapters.signed_versions import SignedVersions
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.audit import Act
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release
from functions.domain.release_lease import Lease
from functions.domain.sealed_head import sealed
from functions.domain.training import Training
from functions.domain.windows import iso
from functions.manage.verification import Verification, verify
from tests.contract.fake_kms import KEY, FakeKms
from tests.functions.snapshot.worlds import MODEL, artifact, settings

ARTIFACTS, AUDIT = "artifacts", "audit"
BEGIN = datetime(2013, 3, 1, tzinfo=UTC)


class AuditedLife:
    """`history` has every state that an item was in, oldest first."""

    def __init__(self, store: Store, s3: Any, locked: Any, key: Signatures | None = None) -> None:
        self.store, self.s3, self.locked = store, s3, locked
        self.history: dict[Key, list[Stored]] = {}
        self.at = BEGIN
        self.key = key or Signatures(FakeKms(), KEY)
        self._versions = SignedVersions(Artifacts(s3, ARTIFACTS), self.key)
        self._heads = SealedHeads(locked, AUDIT)
        self._rollouts = RolloutRegistry(store)

    def live(self, versions: int) -> None:
        """Settings, then versions that are trained, registered, rolled out; a head is sealed after each."""
        MonitoringRegistry(self.store).configure(settings(), "deployment of the stack", self.now)
        for number in range(1, versions + 1):
            for _ in self._steps(number):
                self._remember()
                self.at += timedelta(minutes=4)
            self.seal()
        MonitoringRegistry(self.store).configure(settings({}, {}, slices=("colour",)), "another deployment", self.now)
        self._remember()

    def seal(self) -> None:
        """Seal the head, an hour after the last time."""
        self.at = self.at.replace(minute=0) + timedelta(hours=1)
        assert self._heads.write(sealed("local", self.store.head(), self.at, 1))

    def verify(self) -> Verification:
        return verify(self.store, self._heads, DataLake(self.s3, ARTIFACTS), self.key.verify)

    @property
    def now(self) -> str:
        return iso(self.at)

    def _steps(self, number: int) -> Iterator[None]:
        trainings = TrainingRegistry(self.store)
        training = trainings.begin(Training(MODEL, f"run-{number}", "person", "ann", self.now), lambda *_: False)
        yield
        training = replace(training, step="gate", snapshot=f"training/model={MODEL}/{number:064d}.json")
        trainings.update(training, self.now)
        yield
        self._register(number)
        yield
        trainings.end(replace(training, version=number), "passed", (), self.now)
        yield
        self._approve(number)
        yield
        release = Release(MODEL, number + 1, number, "c" * 64, f"layer:{number}", self.now)
        by = By("reconcile", self.now, self._lease())
        Registry(self.store).publish(release, by.actor, by.hold)
        yield
        release = Registry(self.store).judge(release, None, by.actor, self.now, by.hold)
        yield
        rollout = self._rollouts.begin(release, "gate", (0.1,), "a new version", by)
        yield
        if rollout.champion is not None:
            self._rollouts.keep_evidence(replace(rollout, reason="it waits"), by)
            rollout = self._rollouts.advance(self._rollouts.rollout(MODEL, rollout.number), 1, "better", by)
            yield
        self._rollouts.confirm(MODEL, rollout.traffic, "version 1", by)
        yield

    def _register(self, number: int) -> None:
        made = artifact(None, seed=number)
        record, revision = self._record()
        version = ModelVersion(
            MODEL, number, made.digest, made.contract_digest, made.onnx_digest, self.now, f"author-{number}"
        )
        changes = [
            Change(model_key(MODEL), replace(record, versions=number).to_document(), revision),
            Change(version_key(MODEL, number), version.to_document(), 0),
            Change(artifact_key(MODEL, made.digest), {"v": 1, "version": number}, 0),
        ]
        details = {"version": number, "artifact": made.digest}
        self.store.commit(changes, [Act("version.registered", MODEL, "ann", self.now, details)])
        self._versions.keep(made, number)

    def _approve(self, number: int) -> None:
        record, revision = self._record()
        stored = self.store.read(version_key(MODEL, number))
        assert stored is not None
        approved = ModelVersion.from_document(stored.document).moved_to("approved")
        changes = [
            Change(model_key(MODEL), replace(record, candidate=number).to_document(), revision),
            Change(stored.key, approved.to_document(), stored.revision),
        ]
        self.store.commit(changes, [Act("version.approved", MODEL, "bea", self.now, {"version": number})])

    def _record(self) -> tuple[ModelRecord, int]:
        stored = self.store.read(model_key(MODEL))
        return (
            (ModelRecord(MODEL), 0) if stored is None else (ModelRecord.from_document(stored.document), stored.revision)
        )

    def _lease(self) -> Hold:
        stored = self.store.read(lease_key(MODEL))
        return Registry(self.store).put_lease(Lease(MODEL, "run", "ann", self.now), stored.revision if stored else 0)

    def _remember(self) -> None:
        for stored in (*self.store.read_all("MODELS"), *self.store.read_all(f"MODEL#{MODEL}")):
            states = self.history.setdefault(stored.key, [])
            if not states or states[-1] != stored:
                states.append(stored)


UNTOLD = (lease_key(MODEL), Key(f"MODEL#{MODEL}", "OUTBOX"), evidence_key(MODEL, 2))
