"""The registry: models, their versions and releases, and who works on them; `rollout_registry` says what is live.

What each call means is said here once; where the documents lie (`Store`) is another matter: DynamoDB, or a fake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_outbox import told
from functions.adapters.registry_store import (
    MODELS,
    RELEASES,
    VERSIONS,
    Change,
    Hold,
    artifact_key,
    lease_key,
    model_key,
    pair_key,
    release_key,
    version_key,
)
from functions.domain.audit import Act, Action, Head, StoredEntry
from functions.domain.errors import ConflictError
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release, ReleaseState
from functions.domain.release_artifact import Artifact
from functions.domain.release_lease import Lease


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """All that the registry knows of one model; versions and releases by number."""

    record: ModelRecord
    versions: list[ModelVersion]
    releases: list[Release]
    lease: Lease | None


class Registry(RegistryAccess):
    """Reads and conditional changes. A change takes the act that it is recorded as; `hold` fences it by a lease."""

    def models(self) -> list[ModelRecord]:
        """All models, by name."""
        return [ModelRecord.from_document(stored.document) for stored in self._store.read_all(MODELS)]

    def model(self, model: str) -> ModelRecord:
        """What is true of a model as a whole; all empty for one that was never registered."""
        stored = self._store.read(model_key(model))
        return ModelRecord(model) if stored is None else ModelRecord.from_document(stored.document)

    def status(self, model: str) -> ModelStatus:
        """Everything about a model, for people."""
        pk = f"MODEL#{model}"
        versions = [ModelVersion.from_document(s.document) for s in self._store.read_all(pk, VERSIONS)]
        releases = [Release.from_document(s.document) for s in self._store.read_all(pk, RELEASES)]
        lease = self.lease(model)[0]
        return ModelStatus(self.model(model), versions, releases, lease if lease and lease.run else None)

    def version(self, model: str, number: int) -> ModelVersion:
        """One version of a model.

        Raises:
            NotFoundError: there is none of that number.
        """
        return ModelVersion.from_document(self._get(version_key(model, number)).document)

    def find_version(self, model: str, artifact_digest: str) -> ModelVersion | None:
        """The version that an artifact was registered as, if it was."""
        stored = self._store.read(artifact_key(model, artifact_digest))
        return None if stored is None else self.version(model, stored.document["version"])

    def release(self, model: str, number: int) -> Release:
        """One release of a model.

        Raises:
            NotFoundError: there is none of that number.
        """
        return Release.from_document(self._get(release_key(model, number)).document)

    def find_release(self, model: str, version: int, code_digest: str) -> Release | None:
        """The release of a model version with a state of the code, if there is one."""
        stored = self._store.read(pair_key(model, version, code_digest))
        return None if stored is None else self.release(model, stored.document["release"])

    def register(
        self,
        artifact: Artifact,
        actor: str,
        when: str,
        person: str | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> ModelVersion:
        """The artifact's version: its old one, or the next number after the newest, made by `actor`.

        `person` is who stands behind the actor; `evidence` what it may be approved for, found at its `at` (ISO 8601).

        Raises:
            ConflictError: others registered versions of this model faster than this one could.
        """

        def attempt() -> ModelVersion:
            model = artifact.model
            if known := self.find_version(model, artifact.digest):
                return known
            record, revision = self._record(model)
            number = record.versions + 1
            version = ModelVersion(
                model,
                number,
                artifact.digest,
                artifact.contract_digest,
                artifact.onnx_digest,
                when,
                actor,
                author_person=person,
                evidence_at=None if evidence is None else evidence["at"],
            )
            changes = [
                Change(model_key(model), replace(record, versions=number).to_document(), revision),
                Change(version_key(model, number), version.to_document(), 0),
                Change(artifact_key(model, artifact.digest), {"v": 1, "version": number}, 0),
            ]
            details = {"version": number, "artifact": artifact.digest, "person": person}
            details |= {} if evidence is None else {"evidence": dict(evidence)}
            acts = [Act("version.registered", model, actor, when, details)]
            if (origin := artifact.origin) is not None:
                acts.append(Act("artifact.imported", model, actor, when, {"version": number, "from": origin}))
            self._commit(changes, acts)
            return version

        return self._retried(attempt)

    def publish(self, release: Release, actor: str, hold: Hold, instead_of: Release | None = None) -> None:
        """Record a release that was published; `instead_of` is the pair's old one, whose Lambda version is gone.

        Raises:
            ConflictError: the pair, or the number, has a release already.
            LeaseHeldError: the lease was lost.
        """
        pair = pair_key(release.model, release.model_version, release.code_digest)
        revision = 0
        if instead_of is not None:
            stored = self._get(pair)
            if stored.document["release"] != instead_of.number:
                raise ConflictError(f"{pair} was given another release meanwhile: run again")
            revision = stored.revision
        changes = [
            Change(release_key(release.model, release.number), release.to_document(), 0),
            Change(pair, {"v": 1, "release": release.number}, revision),
        ]
        details = {"release": release.number, "version": release.model_version, "code": release.code_digest}
        act = Act("release.published", release.model, actor, release.published_at, details)
        self._commit(changes, [act], hold)

    def judge(self, release: Release, failure: str | None, actor: str, when: str, hold: Hold) -> Release:
        """Record a smoke test: passed when `failure` is None, else failed for that reason.

        Raises:
            LeaseHeldError: the lease was lost.
        """
        stored = self._get(release_key(release.model, release.number))
        state: ReleaseState = "tested" if failure is None else "failed"
        action: Action = "release.tested" if failure is None else "release.failed"
        judged = Release.from_document(stored.document).moved_to(state, failure)
        details = {"release": release.number} | ({} if failure is None else {"reason": failure})
        act = Act(action, release.model, actor, when, details)
        changes = [Change(stored.key, judged.to_document(), stored.revision)]
        if failure is not None:
            changes.append(told(self._store, release.model, None, "failed", release.number, failure, when))
        self._commit(changes, [act], hold)
        return judged

    def lease(self, model: str) -> tuple[Lease | None, int]:
        """The lease as it stands, with its revision; None and 0 before the first run."""
        stored = self._store.read(lease_key(model))
        return (None, 0) if stored is None else (Lease.from_document(stored.document), stored.revision)

    def put_lease(self, lease: Lease, revision: int) -> Hold:
        """Take, renew or free a lease that is of `revision`; not audited, since it changes nothing that lasts.

        Raises:
            ConflictError: somebody else was faster.
        """
        key = lease_key(lease.model)
        self._commit([Change(key, lease.to_document(), revision)], [])
        return Hold(key, revision + 1)

    def audit(self) -> Iterator[StoredEntry]:
        """The audit chain, oldest entry first; `domain.audit.verify` judges it."""
        return self._store.entries()

    def audit_head(self) -> Head:
        """The audit chain's newest entry."""
        return self._store.head()
