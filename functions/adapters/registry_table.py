"""The registry's table in DynamoDB: documents with a revision, changed together with their audit entries.

Every item is `pk`, `sk`, `body` (the document as canonical JSON) and `rev`, which counts its changes; a change names
the revision that it was made from. All changes of one act and the entries that record it are one transaction.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.adapters.aws_errors import translated
from functions.adapters.registry_items import (
    ENTRY,
    audited_item,
    document_of,
    entry_of,
    entry_sk,
    head_after,
    head_of,
    indexed_from,
    item_of,
    item_of_entry,
    key_of,
)
from functions.adapters.registry_store import AUDIT, AUDIT_HEAD, Change, Hold, Item, Key, Stored, written_items
from functions.domain.audit import Act, Head, StoredEntry, chain, found_by
from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError, UnavailableError
from functions.domain.names import ABOUT, AUDIT_INDEX

ATTEMPTS = 12
FRESH = 1_000  # newest entries, which are always read from the chain: the index follows it a moment later
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
            answer = self._client.get_item(TableName=self._table, Key=key_of(key), ConsistentRead=True)
        return document_of(answer["Item"]) if "Item" in answer else None

    def read_all(self, pk: str, prefix: str = "") -> list[Stored]:
        """All documents under `pk` whose `sk` starts with `prefix`, in the order of `sk`."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values[":prefix"] = "pk = :pk AND begins_with(sk, :prefix)", {"S": prefix}
        return [document_of(item) for item in self._query(condition, values)]

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
        found = [document_of(item) for item in answer["Items"] if item["sk"]["S"] < upper]
        return found[:most][::-1]

    def head(self) -> Head:
        """The audit chain's newest entry.

        Raises:
            CorruptArtifactError: what lies there is none.
        """
        return head_of(self.read(AUDIT_HEAD))

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        """The audit chain from the entry after that number on, oldest first, as it is read page by page."""
        yield from self._entries(entry_sk(after + 1) if after else ENTRY, f"{ENTRY}\uffff")

    def entries_about(self, model: str, after: int = 0) -> Iterator[StoredEntry]:
        """The chain's entries after that number that may be about a model, oldest first: all that are, and few others.

        What the index by model does not have, or may not have yet, is read from the chain: the newest entries, and
        those that were written before there was an index. With "", of the stage itself.

        Raises:
            CorruptArtifactError: the chain has no head to go by.
        """
        stored = self.read(AUDIT_HEAD)
        first, fresh = indexed_from(stored), head_of(stored).number - FRESH + 1
        if fresh > first:
            if after < first - 1:
                yield from self._entries(entry_sk(after + 1), entry_sk(first - 1))
            yield from self._indexed(model, max(after + 1, first), fresh - 1)
            after = max(after, fresh - 1)
        yield from self.entries(after)

    def indexed_from(self) -> int:
        """The first entry from which on the index by model has all.

        Raises:
            CorruptArtifactError: the chain has no head to go by.
        """
        return indexed_from(self.read(AUDIT_HEAD))

    def scan(self) -> Iterator[Item]:
        """All that lies in the table beside the audit chain's entries, in no order, as it is read page by page."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="NOT (pk = :audit AND begins_with(sk, :entry))",
            ExpressionAttributeValues={":audit": {"S": AUDIT}, ":entry": {"S": ENTRY}},
            ConsistentRead=True,
        )
        with translated("read the registry", {"ResourceNotFoundException": NotFoundError}):
            for page in pages:
                yield from map(audited_item, page["Items"])

    def item(self, key: Key) -> Item | None:
        """One item as `scan` shows it, as it is now."""
        with translated(f"read {key} from the registry", {"ResourceNotFoundException": NotFoundError}):
            answer = self._client.get_item(TableName=self._table, Key=key_of(key), ConsistentRead=True)
        return audited_item(answer["Item"]) if "Item" in answer else None

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
        entries = chain(head_of(stored), acts, written_items(changes))
        on_new = {"TableName": self._table, "ConditionExpression": _ABSENT}
        writes = [{"Put": {"Item": item_of_entry(entry), **on_new}} for entry in entries]
        head = Change(AUDIT_HEAD, head_after(stored, entries), 0 if stored is None else stored.revision)
        return [*writes, self._put(head)]

    def _put(self, change: Change) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": item_of(change),
            "ConditionExpression": _ABSENT,
        }
        if change.revision:
            put["ConditionExpression"] = "rev = :rev"
            put["ExpressionAttributeValues"] = {":rev": {"N": str(change.revision)}}
        return {"Put": put}

    def _check(self, hold: Hold) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": key_of(hold.key),
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(hold.revision)}},
            }
        }

    def _entries(self, low: str, high: str) -> Iterator[StoredEntry]:
        """The chain's from one `sk` to another, both taken in."""
        values = {":pk": {"S": AUDIT}, ":low": {"S": low}, ":high": {"S": high}}
        yield from map(entry_of, self._query("pk = :pk AND sk BETWEEN :low AND :high", values))

    def _indexed(self, model: str, first: int, last: int) -> Iterator[StoredEntry]:
        """A model's from one number to another, as the index has them."""
        if first > last:
            return
        condition = f"{ABOUT} = :pk AND sk BETWEEN :low AND :high"
        values = {":pk": {"S": found_by(model)}, ":low": {"S": entry_sk(first)}, ":high": {"S": entry_sk(last)}}
        items = self._query(condition, values, IndexName=AUDIT_INDEX, ConsistentRead=False)
        # Another partition's item under an entry's name is none of the chain's: verification finds it.
        yield from (entry_of(item) for item in items if item["pk"]["S"] == AUDIT)

    def _query(self, condition: str, values: dict[str, Any], **more: Any) -> Iterator[dict[str, Any]]:
        asked = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": True}
        pages = self._client.get_paginator("query").paginate(TableName=self._table, **asked | more)
        with translated("read the registry", {"ResourceNotFoundException": NotFoundError}):
            for page in pages:
                yield from page["Items"]


def _cancellation(error: UnavailableError) -> list[str] | None:
    """Why a transaction was cancelled, one reason for each of its writes; None when the error is another."""
    cause = error.__cause__
    if not isinstance(cause, ClientError) or cause.response["Error"]["Code"] != "TransactionCanceledException":
        return None
    return [reason.get("Code", "None") for reason in cause.response["CancellationReasons"]]
