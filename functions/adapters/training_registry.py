"""What the registry holds of trainings: one execution a model at a time, what became of each, and what was released.

The lock is a document of its own, `{execution, started_at}`; who finds another execution in it asks Step Functions
whether that one still runs, and takes over where it does not: an execution that died unseen locks nobody out.
"""

from collections.abc import Callable
from typing import Any

from functions.adapters.registry_store import (
    QUARANTINE_RELEASES,
    TRAININGS,
    Change,
    Key,
    Store,
    Stored,
    quarantine_release_key,
    training_key,
    training_lock_key,
)
from functions.domain.audit import Act, Action
from functions.domain.canonical_json import canonical_json
from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.training import Training, TrainingState

StillRunning = Callable[[str, str], bool]  # (model, execution) -> whether that execution runs: `Executions` knows

ATTEMPTS = 5
MOST = 1_000  # how many trainings a look back for one execution goes through
DIED = "its execution ended without a word: Step Functions has its history"


class TrainingRegistry:
    """Reads and conditional writes; each may be done again, and then changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, training: Training, still_running: StillRunning) -> Training:
        """Take the model's lock for an execution; the training as it stands, where that execution has begun before.

        Raises:
            LeaseHeldError: another execution is at work on this model.
            ConflictError: others began faster, again and again.
        """

        def attempt() -> Training:
            known = self._store.read(_key(training))
            if known is not None:
                return Training.from_document(known.document)
            lock = self._store.read(training_lock_key(training.model))
            changes = [Change(_key(training), training.to_document(), 0), _locked(training, lock, training.model)]
            acts = [_act("training.started", training, training.started_at)]
            other = None if lock is None else lock.document["execution"]
            if lock is not None and other is not None:
                if still_running(training.model, other):
                    since = lock.document["started_at"]
                    raise LeaseHeldError(
                        f"execution {other} trains {training.model} since {since}: one at a time; wait for its end"
                    )
                died = self._store.read(training_key(training.model, lock.document["started_at"], other))
                if died is not None:
                    ended = Training.from_document(died.document).ended("failed", (DIED,), training.started_at)
                    changes.append(Change(died.key, ended.to_document(), died.revision))
                    acts.insert(0, _act("training.ended", ended, training.started_at))
            self._store.commit(changes, acts)
            return training

        return _retried(attempt)

    def update(self, training: Training, when: str) -> None:
        """Record how far a training has come.

        Raises:
            NotFoundError: it never began.
            ConflictError: it has ended meanwhile, by another's word.
        """

        def attempt() -> None:
            stored = self._stored(training)
            if canonical_json(stored.document) == canonical_json(training.to_document()):
                return
            if Training.from_document(stored.document).state != "running":
                raise LeaseHeldError(f"training {training.execution} of {training.model} was ended meanwhile")
            change = Change(stored.key, training.to_document(), stored.revision)
            self._store.commit([change], [_act("training.advanced", training, when)])

        _retried(attempt)

    def end(self, training: Training, state: TrainingState, reasons: tuple[str, ...], when: str) -> Training:
        """Record how a training ended, and free the model's lock; how it did, where it has ended so already.

        Raises:
            NotFoundError: it never began.
            ConflictError: it has ended otherwise.
        """

        def attempt() -> Training:
            stored = self._stored(training)
            now = Training.from_document(stored.document)
            if now.state == state:
                return now
            if now.state != "running":
                now.ended(state, reasons, when)  # says what is wrong
            ended = training.ended(state, reasons, when)
            changes = [Change(stored.key, ended.to_document(), stored.revision)]
            lock = self._store.read(training_lock_key(training.model))
            if lock is not None and lock.document["execution"] == training.execution:
                changes.append(_locked(None, lock, training.model))
            self._store.commit(changes, [_act("training.ended", ended, when)])
            return ended

        return _retried(attempt)

    def skip(self, training: Training, reasons: tuple[str, ...]) -> Training:
        """Record a training that never took the lock: it was not worth its while, or another one is at work."""
        skipped = training.ended("skipped", reasons, training.started_at)
        known = self._store.read(_key(training))
        if known is None:
            change = Change(_key(training), skipped.to_document(), 0)
            self._store.commit([change], [_act("training.ended", skipped, training.started_at)])
        return skipped

    def trainings(self, model: str, most: int) -> list[Training]:
        """The last trainings, oldest first."""
        stored = self._store.read_last(f"MODEL#{model}", TRAININGS, most)
        return [Training.from_document(found.document) for found in stored]

    def of_execution(self, model: str, execution: str) -> Training:
        """The training of an execution.

        Raises:
            NotFoundError: it never began.
        """
        lock = self._store.read(training_lock_key(model))
        if lock is not None and lock.document["execution"] == execution:
            stored = self._store.read(training_key(model, lock.document["started_at"], execution))
            if stored is not None:
                return Training.from_document(stored.document)
        for training in reversed(self.trainings(model, MOST)):
            if training.execution == execution:
                return training
        raise NotFoundError(f"the registry has no training of {model} by execution {execution}")

    def running(self, model: str) -> Training | None:
        """The training that holds the model's lock."""
        lock = self._store.read(training_lock_key(model))
        if lock is None or lock.document["execution"] is None:
            return None
        stored = self._store.read(training_key(model, lock.document["started_at"], lock.document["execution"]))
        return None if stored is None else Training.from_document(stored.document)

    def release(self, release: QuarantineRelease) -> bool:
        """Let rows out of quarantine; False where they were let out so already."""
        key = quarantine_release_key(release.model, release.digest)
        if self._store.read(key) is not None:
            return False
        told = {"id": release.id, "sender": release.sender, "start": release.start, "end": release.end}
        details = {**{name: value for name, value in told.items() if value is not None}, "reason": release.reason}
        act = Act("quarantine.released", release.model, release.actor, release.time, details)
        self._store.commit([Change(key, release.to_document(), 0)], [act])
        return True

    def released(self, model: str) -> list[QuarantineRelease]:
        """All that was let out of quarantine, in no order."""
        stored = self._store.read_all(f"MODEL#{model}", QUARANTINE_RELEASES)
        return [QuarantineRelease.from_document(found.document) for found in stored]

    def _stored(self, training: Training) -> Stored:
        stored = self._store.read(_key(training))
        if stored is None:
            raise NotFoundError(f"the registry has no {_key(training)}: the training never began")
        return stored


def _key(training: Training) -> Key:
    return training_key(training.model, training.started_at, training.execution)


def _locked(training: Training | None, lock: Stored | None, model: str) -> Change:
    """The lock in the hands of a training, or of none."""
    holder: dict[str, str | None] = {"execution": None, "started_at": None}
    if training is not None:
        holder = {"execution": training.execution, "started_at": training.started_at}
    return Change(training_lock_key(model), {"v": 1, **holder}, 0 if lock is None else lock.revision)


def _act(action: Action, training: Training, when: str) -> Act:
    details: dict[str, Any] = {"execution": training.execution, "cause": training.cause}
    if action != "training.started":
        told = {"version": training.version, "gate": training.gate, "snapshot": training.snapshot}
        told |= {"candidate": training.candidate}
        if action == "training.ended":
            details |= {"state": training.state, "reasons": list(training.reasons)}
        else:
            details["step"] = training.step
        details |= {name: value for name, value in told.items() if value is not None}
    return Act(action, training.model, training.actor, when, details)


def _retried[T](attempt: Callable[[], T]) -> T:
    """Once more from fresh reads where another writer was faster."""
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except LeaseHeldError:
            raise
        except ConflictError:
            continue
    return attempt()
