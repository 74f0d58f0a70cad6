"""Events that were decided on and are not published yet: written together with the change that they tell of.

A run that dies between the two leaves them here; the next one publishes them. So an event is told once or more often,
never not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from functions.adapters.registry_store import Change, Store, outbox_key
from functions.domain.errors import ConflictError

What = Literal["started", "advanced", "live", "rolled_back", "superseded", "moved_by_hand", "failed"]


def told(
    store: Store, model: str, rollout: int | None, what: What, release: int | None, reason: str, when: str
) -> Change:
    """The change that puts an event `Rollout` into a model's outbox."""
    stored = store.read(outbox_key(model))
    event = {"v": 1, "model": model, "rollout": rollout, "what": what, "release": release, "reason": reason}
    waiting = [] if stored is None else list(stored.document["events"])
    document = {"v": 1, "events": [*waiting, {"detail": event, "time": when}]}
    return Change(outbox_key(model), document, 0 if stored is None else stored.revision)


class Outbox:
    """A model's events that wait: `detail` and `time`, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(self, model: str) -> Sequence[Mapping[str, Any]]:
        stored = self._store.read(outbox_key(model))
        return [] if stored is None else list(stored.document["events"])

    def published(self, model: str, count: int) -> None:
        """Take the oldest events out; where others change the outbox at this moment they stay, and are told again."""
        stored = self._store.read(outbox_key(model))
        if stored is None or not count:
            return
        rest = {"v": 1, "events": list(stored.document["events"])[count:]}
        try:
            self._store.commit([Change(stored.key, rest, stored.revision)], [])
        except ConflictError:
            return
