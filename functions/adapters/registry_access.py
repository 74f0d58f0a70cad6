"""What the registry's faces share: a model's record, a document that must be there, and another attempt."""

import random
import time
from collections.abc import Callable, Sequence

from functions.adapters.registry_store import Change, Hold, Key, Store, Stored, evidence_key, model_key, rollout_key
from functions.domain.audit import Act
from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError
from functions.domain.model_version import ModelRecord
from functions.domain.rollout import Rollout

ATTEMPTS = 16


class _ChangedError(ConflictError):
    """A document was changed since it was read: from fresh reads the same change may succeed."""


class RegistryAccess:
    """Reads, and changes that are tried again from fresh reads. `pause` sleeps between two attempts."""

    def __init__(self, store: Store, pause: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._pause = pause

    def _record(self, model: str) -> tuple[ModelRecord, int]:
        stored = self._store.read(model_key(model))
        return (
            (ModelRecord(model), 0) if stored is None else (ModelRecord.from_document(stored.document), stored.revision)
        )

    def _get(self, key: Key) -> Stored:
        stored = self._store.read(key)
        if stored is None:
            raise NotFoundError(f"the registry has no {key}")
        return stored

    def _rollout(self, model: str, number: int) -> tuple[Stored, Rollout]:
        """A rollout with what is kept of its evidence beside it, while it is at the step that this was gathered at."""
        stored = self._get(rollout_key(model, number))
        return stored, self._with_evidence(Rollout.from_document(stored.document))

    def _with_evidence(self, rollout: Rollout) -> Rollout:
        if rollout.state != "canary":
            return rollout
        kept = self._store.read(evidence_key(rollout.model, rollout.number))
        return rollout if kept is None else rollout.with_evidence(kept.document)

    def _commit(self, changes: Sequence[Change], acts: Sequence[Act], hold: Hold | None = None) -> None:
        """`Store.commit`, whose conflicts alone are worth another attempt."""
        try:
            self._store.commit(changes, acts, hold)
        except LeaseHeldError:
            raise
        except ConflictError as error:
            raise _ChangedError(str(error)) from error

    def _retried[T](self, attempt: Callable[[], T]) -> T:
        """Once more from fresh reads where another writer was faster."""
        for count in range(ATTEMPTS - 1):
            try:
                return attempt()
            except _ChangedError:
                self._pause(random.uniform(0, min(1.0, 0.01 * 2**count)))  # noqa: S311 - spreads writers, no secret
        return attempt()
