"""The audit chain: who did what, when, each entry bound to the one before by its hash.

An entry also carries the digest of every registry item that was written together with it, so that an item changed
behind the chain's back no longer matches the last entry that names it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from functions.domain.canonical_json import canonical_json, digest_of

SCHEMA_VERSION = 1

Action = Literal[
    "version.registered",
    "version.approved",
    "version.retired",
    "release.published",
    "release.tested",
    "release.failed",
    "release.barred",
    "release.unbarred",
    "release.pruned",
    "rollout.started",
    "rollout.advanced",
    "rollout.ended",
    "live.requested",
    "live.moved",
    "live.rolled_back",
    "live.adopted",
    "training.started",
    "training.ended",
    "quarantine.released",
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
class StoredEntry:
    """An entry as it lies in the table: its place, its bytes, and the hash that was written beside them."""

    number: int
    body: str
    digest: str


def chain(head: Head, acts: Iterable[Act], items: Mapping[str, str]) -> list[StoredEntry]:
    """The entries that record `acts` after `head`; `items` are the digests of the items written with them, by key."""
    entries: list[StoredEntry] = []
    for act in acts:
        document = {
            "v": SCHEMA_VERSION,
            "number": head.number + 1,
            "previous": head.digest,
            **asdict(act),
            "items": dict(items),
        }
        body = canonical_json(document)
        head = Head(head.number + 1, digest_of(body))
        entries.append(StoredEntry(head.number, body, head.digest))
    return entries


def verify(entries: Iterable[StoredEntry], head: Head) -> list[str]:
    """What is wrong with a chain, in the order of the table's keys; an empty list when nothing is.

    Finds an entry that was changed, removed, put in, exchanged with another or cut off at the end.
    """
    findings: list[str] = []
    before = START
    for entry in entries:
        if entry.number <= before.number:
            findings.append(f"entry {entry.number} stands after entry {before.number}")
            continue
        if entry.number > before.number + 1:
            findings.append(f"{_numbers(before.number + 1, entry.number - 1)} missing")
        findings.extend(_wrong_in(entry, before if entry.number == before.number + 1 else None))
        before = Head(entry.number, digest_of(entry.body))
    if before.number < head.number:
        findings.append(f"{_numbers(before.number + 1, head.number)} missing at the end")
    elif before.number > head.number:
        findings.append(f"the head stands at entry {head.number}, the chain goes on to {before.number}")
    elif before.digest != head.digest:
        findings.append(f"the head's hash is not that of entry {head.number}")
    return findings


def _wrong_in(entry: StoredEntry, before: Head | None) -> list[str]:
    if digest_of(entry.body) != entry.digest:
        return [f"entry {entry.number} was changed: its hash does not match"]
    try:
        document = json.loads(entry.body)
        version, number, previous = document["v"], document["number"], document["previous"]
    except (ValueError, KeyError, TypeError):
        return [f"entry {entry.number} is no audit entry"]
    if version != SCHEMA_VERSION:
        return [f"entry {entry.number} is of schema version {version!r}, which this code cannot read"]
    if number != entry.number:
        return [f"entry {entry.number} says that it is entry {number}"]
    if before is not None and previous != before.digest:
        return [f"entry {entry.number} does not follow entry {before.number}: one of the two was exchanged"]
    return []


def _numbers(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
