"""The registry's store in memory: as strict as DynamoDB's conditions, and atomic."""

import json
from collections.abc import Iterator, Sequence
from threading import Lock

from functions.adapters.registry_store import Change, Hold, Item, Key, Stored, written_items
from functions.domain.audit import START, Act, Head, StoredEntry, Written, chain, found_by
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import ConflictError, LeaseHeldError


class FakeTable:
    def __init__(self) -> None:
        self.items: dict[Key, Stored] = {}
        self.chain: list[StoredEntry] = []
        self.first_indexed = 1  # entries before it were written when there was no index by model
        self.forged_head: Head | None = None  # what lies in the head's place, where somebody put another one there
        self._lock = Lock()

    def read(self, key: Key) -> Stored | None:
        return self.items.get(key)

    def read_all(self, pk: str, prefix: str = "") -> list[Stored]:
        with self._lock:
            found = [stored for key, stored in self.items.items() if key.pk == pk and key.sk.startswith(prefix)]
        return sorted(found, key=lambda stored: stored.key.sk)

    def read_last(self, pk: str, prefix: str, most: int, before: str = "") -> list[Stored]:
        found = self.read_all(pk, prefix)
        return [stored for stored in found if not before or stored.key.sk < prefix + before][-most:]

    def commit(self, changes: Sequence[Change], acts: Sequence[Act], hold: Hold | None = None) -> None:
        assert len({change.key for change in changes}) == len(changes), "DynamoDB takes one write an item"
        with self._lock:
            if hold and self._revision(hold.key) != hold.revision:
                raise LeaseHeldError(f"the lease of {hold.key.pk} was taken over by another run: this one stops")
            for change in changes:
                if self._revision(change.key) != change.revision:
                    raise ConflictError(f"{change.key} was changed in the registry meanwhile: run again")
            for change in changes:
                document = json.loads(canonical_json(change.document))
                self.items[change.key] = Stored(change.key, change.revision + 1, document)
            self.chain += chain(self.head(), acts, written_items(changes))

    def head(self) -> Head:
        if self.forged_head is not None:
            return self.forged_head
        return Head(self.chain[-1].number, self.chain[-1].digest) if self.chain else START

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        yield from [entry for entry in self.chain if entry.number > after or not after]

    def entries_about(self, model: str, after: int = 0) -> Iterator[StoredEntry]:
        about = found_by(model)
        yield from [one for one in self.entries(after) if one.about == about or one.number < self.first_indexed]

    def indexed_from(self) -> int:
        return self.first_indexed

    def scan(self) -> Iterator[Item]:
        with self._lock:
            found = [_item(stored) for stored in self.items.values()]
        yield from found

    def item(self, key: Key) -> Item | None:
        stored = self.items.get(key)
        return None if stored is None else _item(stored)

    def _revision(self, key: Key) -> int:
        stored = self.items.get(key)
        return stored.revision if stored else 0


def _item(stored: Stored) -> Item:
    return Item(stored.key, Written(stored.revision, digest_of(canonical_json(stored.document))))
