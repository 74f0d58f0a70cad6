"""Hands that reach past every rule into a stage's table and buckets: a forger's."""

from typing import Any, Protocol

from functions.adapters.registry_store import Key, Stored
from functions.domain.audit import Head, StoredEntry
from functions.domain.canonical_json import canonical_json
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.manage.audited_life import ARTIFACTS


class Hands(Protocol):
    """What a forger may do to a table and to the bucket of artifacts."""

    def put_entry(self, entry: StoredEntry) -> None: ...
    def drop_entry(self, number: int) -> None: ...
    def put_item(self, stored: Stored) -> None: ...
    def drop_item(self, key: Key) -> None: ...
    def put_head(self, head: Head | None) -> None: ...
    def put_object(self, key: str, body: bytes) -> None: ...
    def drop_object(self, key: str) -> None: ...


class FakeHands:
    def __init__(self, table: FakeTable, s3: FakeS3) -> None:
        self._table, self._s3 = table, s3

    def put_entry(self, entry: StoredEntry) -> None:
        kept = [other for other in self._table.chain if other.number != entry.number]
        self._table.chain = sorted([*kept, entry], key=lambda each: each.number)

    def drop_entry(self, number: int) -> None:
        self._table.chain = [entry for entry in self._table.chain if entry.number != number]

    def put_item(self, stored: Stored) -> None:
        self._table.items[stored.key] = stored

    def drop_item(self, key: Key) -> None:
        del self._table.items[key]

    def put_head(self, head: Head | None) -> None:
        self._table.forged_head = Head(0, "0" * 64) if head is None else head

    def put_object(self, key: str, body: bytes) -> None:
        self._s3.objects[ARTIFACTS, key] = body

    def drop_object(self, key: str) -> None:
        del self._s3.objects[ARTIFACTS, key]


class AwsHands:
    """The same by boto3's clients."""

    def __init__(self, dynamodb: Any, table: str, s3: Any) -> None:
        self._dynamodb, self._table, self._s3 = dynamodb, table, s3

    def put_entry(self, entry: StoredEntry) -> None:
        found = {} if entry.about is None else {"about": {"S": entry.about}}
        self._put("AUDIT", f"ENTRY#{entry.number:012d}", body={"S": entry.body}, digest={"S": entry.digest}, **found)

    def drop_entry(self, number: int) -> None:
        self._drop("AUDIT", f"ENTRY#{number:012d}")

    def put_item(self, stored: Stored) -> None:
        body, rev = {"S": canonical_json(stored.document)}, {"N": str(stored.revision)}
        self._put(stored.key.pk, stored.key.sk, body=body, rev=rev)

    def drop_item(self, key: Key) -> None:
        self._drop(key.pk, key.sk)

    def put_head(self, head: Head | None) -> None:
        if head is None:
            self._drop("AUDIT", "HEAD")
        else:
            told = {"v": 1, "number": head.number, "digest": head.digest, "indexed_from": 1}
            body = canonical_json(told)
            self._put("AUDIT", "HEAD", body={"S": body}, rev={"N": str(head.number)})

    def put_object(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=ARTIFACTS, Key=key, Body=body)

    def drop_object(self, key: str) -> None:
        self._s3.delete_object(Bucket=ARTIFACTS, Key=key)

    def _put(self, pk: str, sk: str, **attributes: Any) -> None:
        self._dynamodb.put_item(TableName=self._table, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})

    def _drop(self, pk: str, sk: str) -> None:
        self._dynamodb.delete_item(TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
