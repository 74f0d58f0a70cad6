"""The registry's table in DynamoDB: documents with a revision, changed together with their audit entries.

Every item is `pk`, `sk`, `body` (the document as canonical JSON) and `rev`, which counts its changes; a change names
the revision that it was made from. All changes of one act and the entries that record it are one transaction.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.adapters.aws_errors import translated
from functions.adapters.registry_store import AUDIT, AUDIT_HEAD, Change, Hold, Item, Key, Stored, written_items
from functions.domain.audit import START, Act, Head, StoredEntry, Written, chain
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    LeaseHeldError,
    NotFoundError,
    UnavailableError,
)

ATTEMPTS = 12
_ENTRY = "ENTRY#"
_ENTRY_SK = re.compile(r"ENTRY#[0-9]{12}")
_ATTRIBUTES = {"pk", "sk", "body", "rev"}
_ABSENT = "attribute_not_exists(pk)"
# Another transaction touches the same items at this moment, or the table is busy: the same again, a little later.
_PASSING = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


def registry_client() -> Any:
    """A DynamoDB client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("dynamodb", config=Config(connect_timeout=2, read_timeout=5, retries=retries))


class RegistryTable:
    """The store behind `Registry`. `pause` sleeps between two attempts at a busy chain."""

    def __init__(self, client: Any, table: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def read(self, key: Key) -> Stored | None:
        """One document, as it is now.

        Raises:
            NotFoundError: there is no such table.
            UnavailableError: DynamoDB did not answer.
        """
        with translated(f"read {key} from the registry", {"ResourceNotFoundException": NotFoundError}):
            answer = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return _stored(answer["Item"]) if "Item" in answer else None

    def read_all(self, pk: str, prefix: str = "") -> list[Stored]:
        """All documents under `pk` whose `sk` starts with `prefix`, in the order of `sk`."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values[":prefix"] = "pk = :pk AND begins_with(sk, :prefix)", {"S": prefix}
        return [_stored(item) for item in self._query(condition, values)]

    def read_last(self, pk: str, prefix: str, most: int, before: str = "") -> list[Stored]:
        """Of the documents under `pk` whose `sk` starts with `prefix`, the last `most`, in the order of `sk`.

        With `before`, of those alone whose `sk` is less than `prefix + before`.
        """
        # BETWEEN takes its upper end in: a document at `before` itself is left out below.
        upper = prefix + (before or "\uffff")
        with translated("read the registry", {"ResourceNotFoundException": NotFoundError}):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
                ExpressionAttributeValues={":pk": {"S": pk}, ":low": {"S": prefix}, ":high": {"S": upper}},
                ScanIndexForward=False,
                Limit=most + 1,
                ConsistentRead=True,
            )
        found = [_stored(item) for item in answer["Items"] if item["sk"]["S"] < upper]
        return found[:most][::-1]

    def head(self) -> Head:
        """The audit chain's newest entry.

        Raises:
            CorruptArtifactError: what lies there is none.
        """
        return _head(self.read(AUDIT_HEAD))

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        """The audit chain from the entry after that number on, oldest first, as it is read page by page."""
        low = f"{_ENTRY}{after + 1:012d}" if after else _ENTRY
        values = {":pk": {"S": AUDIT}, ":low": {"S": low}, ":high": {"S": f"{_ENTRY}\uffff"}}
        yield from map(_entry, self._query("pk = :pk AND sk BETWEEN :low AND :high", values))

    def scan(self) -> Iterator[Item]:
        """All that lies in the table beside the audit chain's entries, in no order, as it is read page by page."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="NOT (pk = :audit AND begins_with(sk, :entry))",
            ExpressionAttributeValues={":audit": {"S": AUDIT}, ":entry": {"S": _ENTRY}},
            ConsistentRead=True,
        )
        with translated("read the registry", {"ResourceNotFoundException": NotFoundError}):
            for page in pages:
                yield from map(_item, page["Items"])

    def item(self, key: Key) -> Item | None:
        """One item as `scan` shows it, as it is now."""
        with translated(f"read {key} from the registry", {"ResourceNotFoundException": NotFoundError}):
            answer = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return _item(answer["Item"]) if "Item" in answer else None

    def commit(self, changes: Sequence[Change], acts: Sequence[Act], hold: Hold | None = None) -> None:
        """Make all changes and record the acts, or nothing of it.

        Raises:
            ConflictError: a document is not of the revision that its change was made from.
            LeaseHeldError: `hold` names a lease that is no longer of that revision.
            UnavailableError: DynamoDB did not answer, or the chain stayed busy.
        """
        for attempt in range(ATTEMPTS):
            puts = [self._put(change) for change in changes]
            writes = [*puts, *([self._check(hold)] if hold else []), *(self._audit(changes, acts) if acts else [])]
            try:
                with translated("write to the registry", {"ResourceNotFoundException": NotFoundError}):
                    self._client.transact_write_items(TransactItems=writes)
                return
            except UnavailableError as error:
                reasons = _cancellation(error)
                if reasons is None:
                    raise
            refused = [reason == "ConditionalCheckFailed" for reason in reasons]
            if hold and refused[len(puts)]:
                raise LeaseHeldError(f"the lease of {hold.key.pk} was taken over by another run: this one stops")
            if any(refused[: len(puts)]):
                changed = ", ".join(str(c.key) for c, no in zip(changes, refused, strict=False) if no)
                raise ConflictError(f"{changed} was changed in the registry meanwhile: run again")
            if not any(refused) and not any(reason in _PASSING for reason in reasons):
                raise UnavailableError(f"DynamoDB refused a change of the registry: {', '.join(reasons)}")
            self._pause(random.uniform(0, min(2.0, 0.02 * 2**attempt)))  # noqa: S311 - spreads writers, no secret
        raise UnavailableError(f"the audit chain was busy {ATTEMPTS} times in a row: run again")

    def _audit(self, changes: Sequence[Change], acts: Sequence[Act]) -> list[dict[str, Any]]:
        """The writes that append the acts to the chain as it is now."""
        stored = self.read(AUDIT_HEAD)
        entries = chain(_head(stored), acts, written_items(changes))
        writes: list[dict[str, Any]] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {
                        **_key(Key(AUDIT, f"{_ENTRY}{entry.number:012d}")),
                        "body": {"S": entry.body},
                        "digest": {"S": entry.digest},
                    },
                    "ConditionExpression": _ABSENT,
                }
            }
            for entry in entries
        ]
        newest = {"v": 1, "number": entries[-1].number, "digest": entries[-1].digest}
        return [*writes, self._put(Change(AUDIT_HEAD, newest, 0 if stored is None else stored.revision))]

    def _put(self, change: Change) -> dict[str, Any]:
        item = {
            **_key(change.key),
            "body": {"S": canonical_json(change.document)},
            "rev": {"N": str(change.revision + 1)},
        }
        put: dict[str, Any] = {"TableName": self._table, "Item": item, "ConditionExpression": _ABSENT}
        if change.revision:
            put["ConditionExpression"] = "rev = :rev"
            put["ExpressionAttributeValues"] = {":rev": {"N": str(change.revision)}}
        return {"Put": put}

    def _check(self, hold: Hold) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": _key(hold.key),
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(hold.revision)}},
            }
        }

    def _query(self, condition: str, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        with translated("read the registry", {"ResourceNotFoundException": NotFoundError}):
            for page in pages:
                yield from page["Items"]


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _stored(item: dict[str, Any]) -> Stored:
    key = Key(item["pk"]["S"], item["sk"]["S"])
    return Stored(key, int(item["rev"]["N"]), json.loads(item["body"]["S"]))


def _item(item: dict[str, Any]) -> Item:
    key = Key(item["pk"]["S"], item["sk"]["S"])
    try:
        written = Written(int(item["rev"]["N"]), digest_of(item["body"]["S"]))
    except (KeyError, ValueError):
        return Item(key, None)
    return Item(key, written if set(item) == _ATTRIBUTES else None)


def _entry(item: dict[str, Any]) -> StoredEntry:
    sk = item["sk"]["S"]
    if not _ENTRY_SK.fullmatch(sk):
        return StoredEntry(0, f"{AUDIT}/{sk}", "")
    body, digest = (item.get(name, {}).get("S", "") for name in ("body", "digest"))
    return StoredEntry(int(sk.removeprefix(_ENTRY)), body, digest)


def _head(stored: Stored | None) -> Head:
    if stored is None:
        return START
    number, digest = stored.document.get("number"), stored.document.get("digest")
    if not isinstance(number, int) or not isinstance(digest, str):
        raise CorruptArtifactError(f"{AUDIT_HEAD} is no head of an audit chain: `trimtab audit verify` says more")
    return Head(number, digest)


def _cancellation(error: UnavailableError) -> list[str] | None:
    """Why a transaction was cancelled, one reason for each of its writes; None when the error is another."""
    cause = error.__cause__
    if not isinstance(cause, ClientError) or cause.response["Error"]["Code"] != "TransactionCanceledException":
        return None
    return [reason.get("Code", "None") for reason in cause.response["CancellationReasons"]]
