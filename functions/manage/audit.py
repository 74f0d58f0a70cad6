"""The audit chain for people: its entries page by page, and whether all of it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.kept_artifacts import Check
from functions.adapters.registry_store import Store
from functions.adapters.sealed_heads import SealedHeads
from functions.domain.audit import StoredEntry
from functions.manage.verification import Verification, verify

MOST_LOOKED_AT = 10_000  # entries that one page goes through for those that are asked for
MOST_VERIFIED = 50_000  # entries that one answer waits for; a longer chain is verified by `trimtab audit verify`


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those that are all of this. `start` and `end` are half-open, by the acts' own times."""

    model: str | None = None
    actor: str | None = None
    action: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def has(self, told: Mapping[str, Any]) -> bool:
        """Whether an entry is one of them. One whose time cannot be read is of no period."""
        named = {"model": self.model, "actor": self.actor, "action": self.action}
        if any(value is not None and told.get(name) != value for name, value in named.items()):
            return False
        if self.start is None and self.end is None:
            return True
        at = _moment(told.get("time"))
        return at is not None and (self.start is None or at >= self.start) and (self.end is None or at < self.end)


class AuditLog:
    """One stage's."""

    def __init__(self, store: Store, sealed: SealedHeads, artifacts: DataLake, check: Check) -> None:
        self._store, self._sealed, self._artifacts, self._check = store, sealed, artifacts, check

    def page(self, after: int, most: int, wanted: Wanted) -> tuple[list[dict[str, Any]], int | None]:
        """Entries after that number, oldest first, and the number to go on after; None where the chain ends.

        A page may be short, or empty, and yet not the last: so much of the chain is gone through at a time.

        Raises:
            UnavailableError: DynamoDB did not answer.
        """
        model = wanted.model
        entries = self._store.entries(after) if model is None else self._store.entries_about(model, after)
        found: list[dict[str, Any]] = []
        last = after
        for looked_at, entry in enumerate(entries):
            if len(found) == most or looked_at == MOST_LOOKED_AT:
                return found, last
            last = entry.number
            shown = document(entry)
            if wanted.has(shown):
                found.append(shown)
        return found, None

    def verify(self) -> dict[str, Any]:
        """As `Verification.to_document`; `complete` is false of a chain that is too long for one answer.

        Raises:
            CorruptArtifactError: the head is none.
            UnavailableError: AWS did not answer.
        """
        length = self._store.head().number
        if length > MOST_VERIFIED:
            note = (
                f"the chain has {length:,} entries, too many for one answer: `trimtab audit verify` goes through them"
            )
            return {"complete": False, **Verification(entries=0, notes=[note]).to_document(), "sound": None}
        return {"complete": True, **verify(self._store, self._sealed, self._artifacts, self._check).to_document()}


def document(entry: StoredEntry) -> dict[str, Any]:
    """An entry as it is told: its own fields, its hash, and its bytes, by which anybody can verify the hash.

    One that cannot be read is told as it lies there.
    """
    try:
        told = json.loads(entry.body)
    except ValueError:
        told = None
    fields = told if isinstance(told, dict) else {}
    return {**fields, "number": entry.number, "sha256": entry.digest, "body": entry.body}


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
