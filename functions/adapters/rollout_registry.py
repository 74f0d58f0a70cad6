"""What the registry holds of rollouts: which release takes over, its share of the traffic, and what live shall be.

Each change is written before it is made (`wanted`) and recorded once it is (`confirm`), under a lease. The events that
tell of it are written with it, and stay in the model's outbox until they are published.
"""

from dataclasses import dataclass, replace
from typing import Any

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_outbox import What, told
from functions.adapters.registry_store import (
    RELEASES,
    ROLLOUTS,
    Change,
    Hold,
    Stored,
    evidence_key,
    model_key,
    release_key,
    rollout_key,
    version_key,
)
from functions.domain.audit import Act
from functions.domain.errors import ConflictError, LeaseHeldError
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release
from functions.domain.rollout import Rollout, RolloutCause, begun
from functions.domain.traffic import Traffic


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, when, and under which lease."""

    actor: str
    time: str
    hold: Hold


class RolloutRegistry(RegistryAccess):
    """Reads and conditional changes; each change is one transaction with its acts and its event."""

    def rollout(self, model: str, number: int) -> Rollout:
        """One rollout of a model.

        Raises:
            NotFoundError: there is none of that number.
        """
        return self._rollout(model, number)[1]

    def rollouts(self, model: str, most: int) -> list[Rollout]:
        """The last rollouts, oldest first."""
        stored = self._store.read_last(f"MODEL#{model}", ROLLOUTS, most)
        return [self.read(found) for found in stored]

    def read(self, stored: Stored) -> Rollout:
        """A rollout's document that was read elsewhere, with what is kept of its evidence beside it."""
        return self._with_evidence(Rollout.from_document(stored.document))

    def releases(self, model: str) -> list[Release]:
        """All releases of a model, by number."""
        return [Release.from_document(s.document) for s in self._store.read_all(f"MODEL#{model}", RELEASES)]

    def begin(self, release: Release, cause: RolloutCause, steps: tuple[float, ...], reason: str, by: By) -> Rollout:
        """Begin a rollout: its release gets its first share, or all of the traffic where there are no steps.

        Raises:
            ConflictError: the release is not tested or is barred, its version not approved, or a rollout under way.
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> Rollout:
            model = release.model
            record, revision = self._record(model)
            if record.rollout is not None:
                raise ConflictError(f"rollout {record.rollout} of {model} is under way: one at a time")
            now = Release.from_document(self._get(release_key(model, release.number)).document)
            version = ModelVersion.from_document(self._get(version_key(model, release.model_version)).document)
            _check(now, version)
            number = record.rollouts + 1
            rollout = begun(
                model, number, now.number, version.number, record.live, cause, by.actor, by.time, steps, reason
            )
            taken_up = replace(record, rollout=number, rollouts=number, code=now.code_digest)
            if record.candidate is None:
                taken_up = replace(taken_up, candidate=version.number)
            details: dict[str, Any] = {
                "rollout": number,
                "release": now.number,
                "version": version.number,
                "cause": cause,
            }
            details |= {"steps": list(rollout.steps), "weight": rollout.weight, "champion": record.live}
            changes = [
                Change(model_key(model), taken_up.wanting(rollout.traffic).to_document(), revision),
                Change(rollout_key(model, number), rollout.to_document(), 0),
                self._told("started", rollout, by),
            ]
            self._commit(changes, [Act("rollout.started", model, by.actor, by.time, details)], by.hold)
            return rollout

        return self._retried(attempt)

    def advance(self, rollout: Rollout, step: int, reason: str, by: By) -> Rollout:
        """Give a rollout's release its next share; step `len(steps)` is all of the traffic.

        Raises:
            ConflictError: it has ended meanwhile, or is at that step already.
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> Rollout:
            record, revision, stored, now = self._under_way(rollout)
            further = now.at_step(step, by.time, reason)
            details = {"rollout": now.number, "release": now.release, "weight": further.weight, "reason": reason}
            changes = [
                Change(model_key(now.model), record.wanting(further.traffic).to_document(), revision),
                Change(stored.key, further.to_document(), stored.revision),
                self._told("advanced", further, by),
            ]
            self._commit(changes, [Act("rollout.advanced", now.model, by.actor, by.time, details)], by.hold)
            return further

        return self._retried(attempt)

    def keep_evidence(self, rollout: Rollout, by: By) -> None:
        """Keep what the gate said of a rollout under way, and what it waits for; not audited: it changes no traffic.

        So it lies beside the rollout's own document, which takes it in when the traffic changes.
        """

        def attempt() -> None:
            _, _, _, now = self._under_way(rollout)
            kept = replace(now, evidence=rollout.evidence, evidence_at=rollout.evidence_at, reason=rollout.reason)
            key = evidence_key(rollout.model, rollout.number)
            before = self._store.read(key)
            self._commit([Change(key, kept.to_evidence(), 0 if before is None else before.revision)], [], by.hold)

        self._retried(attempt)

    def supersede(self, rollout: Rollout, reason: str, by: By) -> None:
        """End a rollout for something newer: the champion shall get all of the traffic again.

        Raises:
            ConflictError: it has ended meanwhile, or has no champion.
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> None:
            record, revision, stored, now = self._under_way(rollout)
            ended = now.ended("superseded", by.time, reason)
            changes = [
                Change(
                    model_key(now.model),
                    replace(record.wanting(Traffic(now.champion)), rollout=None).to_document(),
                    revision,
                ),
                Change(stored.key, ended.to_document(), stored.revision),
                self._told("superseded", ended, by),
            ]
            self._commit(changes, [ended_act(ended, by)], by.hold)

        self._retried(attempt)

    def confirm(self, model: str, wanted: Traffic, found: str, by: By) -> ModelRecord:
        """Record that the alias sends the traffic as it shall; a rollout whose release has all of it is over.

        Raises:
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> ModelRecord:
            record, revision = self._record(model)
            if record.wanted != wanted:
                raise LeaseHeldError(f"live of {model} shall be {record.wanted} meanwhile, not {wanted}")
            details: dict[str, Any] = {"release": wanted.release, "before": record.live, "found": found}
            details |= {"canary": wanted.canary, "weight": wanted.weight}
            acts = [Act("live.moved", model, by.actor, by.time, details)]
            now, changes = record.confirming(wanted), list[Change]()
            if wanted.release is not None and wanted.release != record.live:
                changes.append(self._gone_live(model, wanted.release, by))
            ending = self._at_its_end(record)
            if ending is not None:
                stored, live = ending
                live = live.ended("live", by.time, live.reason or "there was nothing to compare it with")
                now = replace(now, rollout=None)
                changes.append(Change(stored.key, live.to_document(), stored.revision))
                changes.append(self._told("live", live, by))
                acts.append(ended_act(live, by))
            self._commit([Change(model_key(model), now.to_document(), revision), *changes], acts, by.hold)
            return now

        return self._retried(attempt)

    def _gone_live(self, model: str, number: int, by: By) -> Change:
        stored = self._get(release_key(model, number))
        live = Release.from_document(stored.document).gone_live(by.time)
        return Change(stored.key, live.to_document(), stored.revision)

    def _at_its_end(self, record: ModelRecord) -> tuple[Stored, Rollout] | None:
        """The rollout under way, where its release shall have all of the traffic."""
        if record.rollout is None:
            return None
        stored, rollout = self._rollout(record.model, record.rollout)
        return (stored, rollout) if rollout.traffic == record.wanted and rollout.weight == 1 else None

    def _under_way(self, rollout: Rollout) -> tuple[ModelRecord, int, Stored, Rollout]:
        """The model's record with its revision, and the rollout as it is stored now.

        Raises:
            ConflictError: it has ended.
        """
        record, revision = self._record(rollout.model)
        stored, now = self._rollout(rollout.model, rollout.number)
        if record.rollout != rollout.number:
            raise ConflictError(f"rollout {rollout.number} of {rollout.model} has ended meanwhile")
        return record, revision, stored, now

    def _told(self, what: What, rollout: Rollout, by: By) -> Change:
        reason = rollout.reason or str(rollout.history[-1]["reason"])
        return told(self._store, rollout.model, rollout.number, what, rollout.release, reason, by.time)


def ended_act(rollout: Rollout, by: By) -> Act:
    """A rollout's end, for the audit chain."""
    details = {"rollout": rollout.number, "release": rollout.release, "state": rollout.state, "reason": rollout.reason}
    return Act("rollout.ended", rollout.model, by.actor, by.time, details)


def _check(release: Release, version: ModelVersion) -> None:
    if version.state != "approved":
        version.moved_to("approved")  # says what is wrong, where it cannot become so
        raise ConflictError(f"{version.model} version {version.number} is {version.state}, not approved")
    if release.barred is not None:
        raise ConflictError(f"{release.model} release {release.number} is barred: {release.barred}")
    if release.state != "tested":
        raise ConflictError(f"{release.model} release {release.number} is {release.state}, not tested")
