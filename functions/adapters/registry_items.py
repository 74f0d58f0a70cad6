"""How the registry's documents, and the entries of its audit chain, lie in DynamoDB: the items of its table."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from functions.adapters.registry_store import AUDIT, AUDIT_HEAD, Change, Item, Key, Stored
from functions.domain.audit import START, Head, StoredEntry, Written
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError
from functions.domain.names import ABOUT

ENTRY = "ENTRY#"
_ENTRY_SK = re.compile(r"ENTRY#[0-9]{12}")
_ATTRIBUTES = {"pk", "sk", "body", "rev"}

Attributes = dict[str, dict[str, str]]


def key_of(key: Key) -> Attributes:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def entry_sk(number: int) -> str:
    """Entries sort by their numbers."""
    return f"{ENTRY}{number:012d}"


def item_of(change: Change) -> Attributes:
    """A document as it lies there once it was changed."""
    body, revision = canonical_json(change.document), str(change.revision + 1)
    return {**key_of(change.key), "body": {"S": body}, "rev": {"N": revision}}


def item_of_entry(entry: StoredEntry) -> Attributes:
    found = {} if entry.about is None else {ABOUT: {"S": entry.about}}
    key = key_of(Key(AUDIT, entry_sk(entry.number)))
    return {**key, "body": {"S": entry.body}, "digest": {"S": entry.digest}, **found}


def document_of(item: Attributes) -> Stored:
    key = Key(item["pk"]["S"], item["sk"]["S"])
    return Stored(key, int(item["rev"]["N"]), json.loads(item["body"]["S"]))


def audited_item(item: Attributes) -> Item:
    """An item as the audit sees it."""
    key = Key(item["pk"]["S"], item["sk"]["S"])
    try:
        written = Written(int(item["rev"]["N"]), digest_of(item["body"]["S"]))
    except (KeyError, ValueError):
        return Item(key, None)
    return Item(key, written if set(item) == _ATTRIBUTES else None)


def entry_of(item: Attributes) -> StoredEntry:
    """What lies among the entries, whether it is one or none."""
    sk = item["sk"]["S"]
    if not _ENTRY_SK.fullmatch(sk):
        return StoredEntry(0, f"{AUDIT}/{sk}", "")
    body, digest = (item.get(name, {}).get("S", "") for name in ("body", "digest"))
    about = item[ABOUT].get("S", "") if ABOUT in item else None
    return StoredEntry(int(sk.removeprefix(ENTRY)), body, digest, about)


def head_of(stored: Stored | None) -> Head:
    """The chain's newest entry.

    Raises:
        CorruptArtifactError: what lies in the head's place is none.
    """
    if stored is None:
        return START
    number, digest = stored.document.get("number"), stored.document.get("digest")
    if not isinstance(number, int) or not isinstance(digest, str):
        raise CorruptArtifactError(f"{AUDIT_HEAD} is no head of an audit chain: `trimtab audit verify` says more")
    return Head(number, digest)


def indexed_from(stored: Stored | None) -> int:
    """The first entry from which on the index by model has all: none yet, of a head that code without it wrote last.

    Raises:
        CorruptArtifactError: what lies in the head's place is none.
    """
    number = None if stored is None else stored.document.get("indexed_from")
    return number if isinstance(number, int) else head_of(stored).number + 1


def head_after(stored: Stored | None, entries: Sequence[StoredEntry]) -> Mapping[str, Any]:
    """The head's next document: `entries` were appended to the chain that ended with `stored`."""
    newest = entries[-1]
    return {"v": 1, "number": newest.number, "digest": newest.digest, "indexed_from": indexed_from(stored)}
