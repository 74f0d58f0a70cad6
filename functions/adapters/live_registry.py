"""What the registry holds of live beside rollouts: where it went back and why, what a person's hand did to it, what of
its past is still there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_outbox import told
from functions.adapters.registry_store import (
    Change,
    Stored,
    model_key,
    release_key,
    rollback_key,
    version_key,
)
from functions.adapters.rollout_registry import By, ended_act
from functions.domain.audit import Act
from functions.domain.errors import ConflictError
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release
from functions.domain.rollback import Cause, Plan
from functions.domain.traffic import Traffic


class LiveRegistry(RegistryAccess):
    """Conditional changes; each is one transaction with its acts and its event."""

    def went_back(self, model: str, cause: Cause) -> bool:
        """Whether this very cause has made live go back already."""
        return self._store.read(rollback_key(model, cause.digest)) is not None

    def roll_back(self, model: str, plan: Plan, cause: Cause, by: By) -> None:
        """Record that live goes back: the bad releases are barred, and a rollout under way is over.

        Raises:
            ConflictError: this cause has done it already.
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> None:
            record, revision = self._record(model)
            found = [self._get(release_key(model, number)) for number in plan.bad]
            bad = [Release.from_document(stored.document) for stored in found]
            details = {"to": plan.to, "from": record.live, "kind": cause.kind, "reason": cause.reason}
            acts = [Act("live.rolled_back", model, by.actor, by.time, details)]
            once = {"v": 1, "cause": cause.id, "to": plan.to, "bad": list(plan.bad), "time": by.time}
            changes = [
                Change(model_key(model), self._back(record, plan, bad).to_document(), revision),
                Change(rollback_key(model, cause.digest), once, 0),
                told(self._store, model, record.rollouts or None, "rolled_back", plan.bad[0], cause.reason, by.time),
            ]
            over = [*_barred(found, bad, cause, by), *self._rollout_over(record, plan, cause, by)]
            self._commit([*changes, *(change for change, _ in over)], [*acts, *(act for _, act in over)], by.hold)

        self._retried(attempt)

    def _back(self, record: ModelRecord, plan: Plan, bad: list[Release]) -> ModelRecord:
        """The model's record with live to go back; its candidate too, unless another one waits."""
        candidate = record.candidate
        if candidate is None or candidate in {release.model_version for release in bad}:
            candidate = Release.from_document(self._get(release_key(record.model, plan.to)).document).model_version
        return replace(record.wanting(Traffic(plan.to)), candidate=candidate, rollout=None)

    def _rollout_over(self, record: ModelRecord, plan: Plan, cause: Cause, by: By) -> Iterator[tuple[Change, Act]]:
        """The newest rollout's end: of one under way, and of one whose release is live and goes back."""
        if not record.rollouts:
            return
        stored, rollout = self._rollout(record.model, record.rollouts)
        if rollout.release in plan.bad and rollout.state in ("canary", "live"):
            ended = rollout.ended("rolled_back", by.time, cause.reason)
        elif record.rollout is not None:
            ended = rollout.ended("superseded", by.time, f"release {rollout.champion} went back: {cause.reason}")
        else:
            return
        yield Change(stored.key, ended.to_document(), stored.revision), ended_act(ended, by)

    def put_right(self, model: str, found: str, by: By) -> None:
        """Record that somebody moved live by hand, and that it shall be as the registry says.

        Raises:
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> None:
            record, _ = self._record(model)
            details = {"release": record.desired, "canary": record.canary, "weight": record.weight, "found": found}
            reason = f"live pointed to {found}; it is put right: {record.wanted}"
            change = told(self._store, model, record.rollout, "moved_by_hand", record.desired, reason, by.time)
            self._commit([change], [Act("live.requested", model, by.actor, by.time, details)], by.hold)

        self._retried(attempt)

    def adopt(self, release: Release, found: str, by: By) -> ModelRecord:
        """Record that live is where somebody's hand put it; a rollout under way is over.

        Raises:
            ConflictError: the release is not tested.
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> ModelRecord:
            model = release.model
            record, revision = self._record(model)
            traffic = Traffic(release.number)
            now = replace(record.wanting(traffic).confirming(traffic), candidate=release.model_version, rollout=None)
            stored = self._get(release_key(model, release.number))
            live = Release.from_document(stored.document).gone_live(by.time)
            reason = f"live pointed to {found}, the registry said {record.wanted}: adopted"
            changes = [
                Change(model_key(model), now.to_document(), revision),
                Change(stored.key, live.to_document(), stored.revision),
                told(self._store, model, record.rollout, "moved_by_hand", release.number, reason, by.time),
            ]
            acts = [Act("live.adopted", model, by.actor, by.time, {"release": release.number, "before": record.live})]
            if record.rollout is not None:
                under_way, rollout = self._rollout(model, record.rollout)
                ended = rollout.ended("superseded", by.time, reason)
                changes.append(Change(under_way.key, ended.to_document(), under_way.revision))
                acts.append(ended_act(ended, by))
            self._commit(changes, acts, by.hold)
            return now

        return self._retried(attempt)

    def want(self, version: ModelVersion, actor: str, when: str) -> None:
        """Make an approved version the one that shall be live; nothing where it is that already.

        Raises:
            ConflictError: it is not approved.
        """

        def attempt() -> None:
            model, number = version.model, version.number
            record, revision = self._record(model)
            now = ModelVersion.from_document(self._get(version_key(model, number)).document)
            if now.state != "approved":
                raise ConflictError(f"{model} version {number} is {now.state}: only an approved one is rolled out")
            if record.candidate == number:
                return
            change = Change(model_key(model), replace(record, candidate=number).to_document(), revision)
            details = {"version": number, "instead_of": record.candidate}
            self._commit([change], [Act("live.requested", model, actor, when, details)])

        self._retried(attempt)

    def unbar(self, model: str, number: int, reason: str, actor: str, when: str) -> Release:
        """Lift a release's bar; its version is the candidate again where no newer one is.

        Raises:
            NotFoundError: there is no such release.
            ConflictError: it is not barred.
        """

        def attempt() -> Release:
            record, revision = self._record(model)
            stored = self._get(release_key(model, number))
            release = Release.from_document(stored.document)
            if release.barred is None:
                raise ConflictError(f"{model} release {number} is not barred")
            lifted = replace(release, barred=None)
            version = ModelVersion.from_document(self._get(version_key(model, release.model_version)).document)
            again = record
            if version.state == "approved" and version.number >= (record.candidate or 0):
                # Its code counts as new once more: otherwise nothing would take it up.
                code = None if release.code_digest == record.code else record.code
                again = replace(record, candidate=version.number, code=code)
            details = {"release": number, "reason": reason, "was": release.barred}
            changes = [
                Change(model_key(model), again.to_document(), revision),
                Change(stored.key, lifted.to_document(), stored.revision),
            ]
            self._commit(changes, [Act("release.unbarred", model, actor, when, details)])
            return lifted

        return self._retried(attempt)


def _barred(found: Sequence[Stored], bad: Sequence[Release], cause: Cause, by: By) -> Iterator[tuple[Change, Act]]:
    """Bars for releases that have none yet."""
    for stored, release in zip(found, bad, strict=True):
        if release.barred is None:
            details = {"release": release.number, "reason": cause.reason}
            act = Act("release.barred", release.model, by.actor, by.time, details)
            yield Change(stored.key, replace(release, barred=cause.reason).to_document(), stored.revision), act
