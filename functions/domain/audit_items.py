"""Holds the registry's items against the audit chain: each against the last entry that names it.

What is kept of the chain is a line for each item, not for each entry: so a long chain is held against a small table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.audit import Written, items_of


@dataclass(slots=True)
class _Last:
    """What the newest entry that names an item says of it; `seen` once the item was found in the table."""

    entry: int
    revision: int | None
    digest: str
    seen: bool = False


class LastWritten:
    """What the chain says of each item; `findings` are contradictions between its entries."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self._items: dict[str, _Last] = {}
        self._revisions_unknown = False  # the chain begins with entries of schema version 1

    def __len__(self) -> int:
        return len(self._items)

    def take(self, document: Mapping[str, Any], audited: Mapping[str, Written] | None = None) -> None:
        """The chain's next entry; `audited` are those of its items that the chain tells every change of."""
        number = document["number"]
        self._revisions_unknown |= document["v"] == 1
        for key, written in (items_of(document) if audited is None else audited).items():
            before = self._items.get(key)
            if wrong := self._contradiction(key, number, written, before):
                self.findings.append(wrong)
            seen = before is not None and before.seen
            self._items[key] = _Last(number, written.revision, written.digest, seen)

    def wrong(self, key: str, found: Written | None) -> str | None:
        """What is wrong with an item of the table; `found` is None for one that is none of the registry's form."""
        last = self._items.get(key)
        if last is None:
            return f"{key} is in the table, and no entry names it"
        last.seen = True
        if found is None:
            return f"{key} is no document of the registry any more: entry {last.entry} wrote it last"
        if found.digest != last.digest:
            return f"{key} was changed since entry {last.entry} wrote it"
        if last.revision is not None and found.revision != last.revision:
            return f"{key} is of revision {found.revision}, entry {last.entry} left it at {last.revision}"
        return None

    def gone(self, key: str) -> str:
        """What is wrong with an item that an entry names and that is not in the table."""
        return f"{key} is gone: entry {self._items[key].entry} wrote it last"

    def unseen(self) -> Iterator[str]:
        """The keys of items that were not found in the table."""
        return (key for key, last in self._items.items() if not last.seen)

    def names(self, key: str) -> bool:
        """Whether an entry names this item."""
        return key in self._items

    def _contradiction(self, key: str, number: int, written: Written, before: _Last | None) -> str | None:
        """Every change is one revision, and is told; the entries of one transaction name the same."""
        if written.revision is None or self._revisions_unknown:
            return None
        revision = 0 if before is None or before.revision is None else before.revision
        where = "none tells of it before" if before is None else f"entry {before.entry} left it at {revision}"
        if written.revision not in (revision, revision + 1) or not written.revision:
            return f"entry {number} names {key} at revision {written.revision}, {where}"
        if before is not None and written.revision == revision and written.digest != before.digest:
            return f"entry {number} names another {key} than entry {before.entry} did, at the same revision"
        return None
