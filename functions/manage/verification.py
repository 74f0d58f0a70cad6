"""Holds a stage's audit chain against itself, the registry's items, the sealed heads and the artifacts.

Everything is read once, page by page; of the chain a line for each item stays in memory. Writers may be at work
meanwhile: what does not fit is read again after the chain's newest entries, and only then believed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.kept_artifacts import Check, Registered, wrong_artifacts
from functions.adapters.registry_store import AUDIT_HEAD, Key, Store, audited
from functions.adapters.sealed_heads import Seal, SealedHeads
from functions.domain.audit import START, ChainCheck, items_of
from functions.domain.audit_items import LastWritten
from functions.domain.errors import CorruptArtifactError

MOST_FINDINGS = 1_000  # told one by one; beyond that they are counted
REREADS = 5
TELL_EVERY = 10_000  # entries
Progress = Callable[[str, int, int], None]  # (what is read, how many of them, of how many: 0 where that is not known)


@dataclass(slots=True)
class Verification:
    """`findings` are signs of tampering, each naming an entry, an item or an object; `notes` are none."""

    entries: int = 0
    items: int = 0
    heads: int = 0
    versions: int = 0
    sealed_to: int = 0
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def to_document(self) -> dict[str, Any]:
        return {
            "sound": self.sound,
            "entries": self.entries,
            "items": self.items,
            "heads": self.heads,
            "sealed_to": self.sealed_to,
            "versions": self.versions,
            "findings": self.findings[:MOST_FINDINGS],
            "more_findings": max(0, len(self.findings) - MOST_FINDINGS),
            "notes": self.notes,
        }


def verify(
    store: Store,
    sealed: SealedHeads,
    artifacts: DataLake,
    check: Check,
    tell: Progress = lambda what, done, of: None,
) -> Verification:
    """Verify a stage; `check` holds a version's signature against the key that it must be made with.

    Raises:
        NotFoundError: there is no such table.
        UnavailableError: AWS did not answer.
    """
    found = Verification()
    seals = list(sealed.all())  # first: the chain that is read after them must have them all
    tell("sealed heads", len(seals), len(seals))
    chain = _Chain(store, seals, tell)
    chain.read()
    suspects = _suspects(store, chain, found, tell)
    astray = list(wrong_artifacts(artifacts, chain.versions, check))
    tell("versions", len(chain.versions), len(chain.versions))
    for _ in range(REREADS if suspects or astray else 0):
        before, known = chain.check.last.number, len(chain.versions)
        chain.read()
        suspects = {key: wrong for key in suspects if (wrong := _wrong_now(store, chain, key))}
        if len(chain.versions) > known:
            astray = list(wrong_artifacts(artifacts, chain.versions, check))
        if chain.check.last.number == before:
            break
    chain.close()
    found.entries, found.versions, found.heads = chain.check.last.number, len(chain.versions), len(seals)
    found.sealed_to = max((seal.head.number for seal in seals if seal.head), default=0)
    found.findings = [
        *chain.check.findings,
        *chain.written.findings,
        *chain.against_seals(),
        *suspects.values(),
        *astray,
    ]
    found.notes = list(_gaps(seals))
    return found


class _Chain:
    """What was read of the chain so far."""

    def __init__(self, store: Store, seals: Sequence[Seal], tell: Progress) -> None:
        self.check = ChainCheck()
        self.written = LastWritten()
        self.versions: list[Registered] = []
        self._store, self._seals, self._tell = store, seals, tell
        # The hash of each entry that a seal names, once it was read.
        self._at: dict[int, str | None] = {seal.head.number: None for seal in seals if seal.head}
        self._at[0] = START.digest

    def read(self) -> None:
        """Read on to the end, which moves while others write."""
        while True:
            before = self.check.last.number
            for entry in self._store.entries(before):
                document = self.check.take(entry)
                last = self.check.last
                if last.number in self._at:
                    self._at[last.number] = last.digest
                if document is not None:
                    self._take(document)
                if last.number % TELL_EVERY == 0:
                    self._tell("entries", last.number, 0)
            if self.check.last.number in (before, self._head_number()):
                return

    def close(self) -> None:
        """All is read: the chain must end where its head says."""
        try:
            self.check.close(self._store.head(), self._store.indexed_from())
        except CorruptArtifactError as error:
            self.check.findings.append(str(error))
        self._tell("entries", self.check.last.number, self.check.last.number)

    def against_seals(self) -> Iterator[str]:
        """What the sealed heads say of the chain, and what is wrong with them themselves."""
        newest = 0
        for seal in self._seals:
            yield from seal.wrong
            if seal.head is None:
                continue
            number, end = seal.head.number, self.check.last.number
            if number > end:
                yield f"{seal.key} sealed entry {number}, the chain ends at {end}: it was cut off"
            elif self._at[number] != seal.head.digest:
                yield f"{seal.key} sealed another entry {number} than the chain has: one of the two was rewritten"
            if number < newest:
                yield f"{seal.key} sealed entry {number}, an earlier hour entry {newest} already"
            newest = max(newest, number)

    def _take(self, document: dict[str, Any]) -> None:
        told = {key: written for key, written in items_of(document).items() if audited(key_of(key))}
        self.written.take(document, told)
        if document["action"] == "version.registered":
            version, digest = (document["details"].get(name) for name in ("version", "artifact"))
            if isinstance(version, int) and isinstance(digest, str):
                self.versions.append(Registered(str(document["model"]), version, digest, document["number"]))
            else:
                self.check.findings.append(f"entry {document['number']} registers no version of an artifact")

    def _head_number(self) -> int | None:
        try:
            return self._store.head().number
        except CorruptArtifactError:
            return None


def key_of(text: str) -> Key:
    """A key as entries name it."""
    pk, _, sk = text.partition("/")
    return Key(pk, sk)


def _suspects(store: Store, chain: _Chain, found: Verification, tell: Progress) -> dict[str, str]:
    """The items that do not fit the chain as it was read, by key."""
    suspects: dict[str, str] = {}
    for item in store.scan():
        if item.key == AUDIT_HEAD:
            continue
        key = str(item.key)
        if not audited(item.key):
            continue
        found.items += 1
        if wrong := chain.written.wrong(key, item.written):
            suspects[key] = wrong
        if found.items % TELL_EVERY == 0:
            tell("items", found.items, len(chain.written))
    tell("items", found.items, found.items)
    suspects |= {key: chain.written.gone(key) for key in chain.written.unseen()}
    return suspects


def _wrong_now(store: Store, chain: _Chain, key: str) -> str | None:
    item = store.item(key_of(key))
    if item is None:
        return chain.written.gone(key) if chain.written.names(key) else None
    return chain.written.wrong(key, item.written)


def _gaps(seals: Sequence[Seal]) -> Iterator[str]:
    """Hours without a seal: the function did not run. No tampering: what was sealed before and after them holds."""
    heads = [seal.head for seal in seals if seal.head]
    for before, after in pairwise(heads):
        if datetime.fromisoformat(after.time) >= before.next_due:
            yield f"no head was sealed between {before.time} and {after.time}"
