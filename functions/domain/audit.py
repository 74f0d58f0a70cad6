"""The audit chain: who did what, when, each entry bound to the one before by its hash.

An entry also carries revision and digest of every registry item that was written together with it, so that an item
changed behind the chain's back no longer matches the last entry that names it: `audit_items` holds them together.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from functions.domain.canonical_json import canonical_json, digest_of

SCHEMA_VERSION = 2
READABLE = (1, SCHEMA_VERSION)  # version 1 named items by their digests alone

Action = Literal[
    "artifact.imported",
    "version.registered",
    "version.proposed",
    "version.approval_given",
    "version.approved",
    "version.rejected",
    "version.retired",
    "release.published",
    "release.tested",
    "release.failed",
    "release.barred",
    "release.unbarred",
    "release.pruned",
    "rollouts.pruned",
    "rollout.started",
    "rollout.advanced",
    "rollout.ended",
    "live.requested",
    "live.moved",
    "live.rolled_back",
    "live.adopted",
    "training.started",
    "training.advanced",
    "training.ended",
    "quarantine.released",
    "configuration.changed",
    "access.changed",
]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to a model, before it has its place in the chain. `time` is the event's, ISO 8601 in UTC."""

    action: Action
    model: str
    actor: str
    time: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's number and hash; `START` before there is any."""

    number: int
    digest: str


START = Head(0, "0" * 64)


@dataclass(frozen=True, slots=True)
class Written:
    """An item as a change left it: how often it had been changed, and the SHA-256 of its document, in hex.

    `revision` is None where an entry of schema version 1 tells of it.
    """

    revision: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it lies in the table: its place, its bytes, and the hash that was written beside them.

    `about` is what the index by model has it under; None of one that was written before there was an index. What lies
    among the entries and is none has the number 0, and its key for a body.
    """

    number: int
    body: str
    digest: str
    about: str | None = None


def found_by(model: str) -> str:
    """What an entry is found by: its model's name. `-` where it is about the stage itself: no index takes nothing."""
    return model or "-"


def chain(head: Head, acts: Iterable[Act], items: Mapping[str, Written]) -> list[StoredEntry]:
    """The entries that record `acts` after `head`; `items` are what was written with them, by key."""
    written = {key: {"rev": item.revision, "sha256": item.digest} for key, item in items.items()}
    entries: list[StoredEntry] = []
    for act in acts:
        document = {
            "v": SCHEMA_VERSION,
            "number": head.number + 1,
            "previous": head.digest,
            **asdict(act),
            "items": written,
        }
        body = canonical_json(document)
        head = Head(head.number + 1, digest_of(body))
        entries.append(StoredEntry(head.number, body, head.digest, found_by(act.model)))
    return entries


def items_of(document: Mapping[str, Any]) -> dict[str, Written]:
    """What a readable entry says was written with it, by key."""
    if document["v"] == 1:
        return {key: Written(None, digest) for key, digest in document["items"].items()}
    return {key: Written(item["rev"], item["sha256"]) for key, item in document["items"].items()}


class ChainCheck:
    """Holds the entries of a chain against each other as they come, oldest first; `findings` grows.

    `last` is the newest entry that was taken, with the hash of its bytes as they are.
    """

    def __init__(self) -> None:
        self.last = START
        self.findings: list[str] = []
        self._unindexed: list[tuple[int, int]] = []  # runs of entries that no index has, first and last

    def take(self, entry: StoredEntry) -> dict[str, Any] | None:
        """The next entry; what it says, or None where that cannot be trusted."""
        before = self.last
        if entry.number < 1:
            self.findings.append(f"{entry.body} lies among the entries, and is none")
            return None
        if entry.number <= before.number:
            self.findings.append(f"entry {entry.number} stands after entry {before.number}")
            return None
        if entry.number > before.number + 1:
            self.findings.append(f"{_numbers(before.number + 1, entry.number - 1)} missing")
        self.last = Head(entry.number, digest_of(entry.body))
        read = _read(entry, before if entry.number == before.number + 1 else None)
        if isinstance(read, str):
            self.findings.append(read)
            return None
        self._hold_against_index(entry, read)
        return read

    def close(self, head: Head, indexed_from: int | None = None) -> None:
        """The chain ends here, and should end at `head`; from the entry `indexed_from` on, the index has them all."""
        if self.last.number < head.number:
            self.findings.append(f"{_numbers(self.last.number + 1, head.number)} missing at the end")
        elif self.last.number > head.number:
            self.findings.append(f"the head stands at entry {head.number}, the chain goes on to {self.last.number}")
        elif self.last.digest != head.digest:
            self.findings.append(f"the head's hash is not that of entry {head.number}")
        for first, last in self._unindexed:
            if indexed_from is not None and last >= indexed_from:
                self.findings.append(f"{_numbers(max(first, indexed_from), last)} not in the index by model")

    def _hold_against_index(self, entry: StoredEntry, document: Mapping[str, Any]) -> None:
        """Who looks for a model's entries shall find this one."""
        number, model = entry.number, document.get("model")
        if entry.about is None:
            first = self._unindexed.pop()[0] if self._unindexed and self._unindexed[-1][1] == number - 1 else number
            self._unindexed.append((first, number))
        elif entry.about != found_by(str(model)):
            self.findings.append(f"entry {number} is about {model!r}, and in the index under {entry.about!r}")


def verify(entries: Iterable[StoredEntry], head: Head, indexed_from: int | None = None) -> list[str]:
    """What is wrong with a chain, in the order of the table's keys; an empty list when nothing is.

    Finds an entry that was changed, removed, put in, exchanged with another, cut off at the end, or hidden from who
    looks for it by its model.
    """
    check = ChainCheck()
    for entry in entries:
        check.take(entry)
    check.close(head, indexed_from)
    return check.findings


def _read(entry: StoredEntry, before: Head | None) -> dict[str, Any] | str:
    """An entry's document, or what is wrong with it."""
    if digest_of(entry.body) != entry.digest:
        return f"entry {entry.number} was changed: its hash does not match"
    try:
        document: dict[str, Any] = json.loads(entry.body)
        version, number, previous = document["v"], document["number"], document["previous"]
        if version in READABLE:
            items_of(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"entry {entry.number} is no audit entry"
    if version not in READABLE:
        return f"entry {entry.number} is of schema version {version!r}, which this code cannot read"
    if number != entry.number:
        return f"entry {entry.number} says that it is entry {number}"
    if before is not None and previous != before.digest:
        return f"entry {entry.number} does not follow entry {before.number}: one of the two was exchanged"
    return document


def _numbers(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
