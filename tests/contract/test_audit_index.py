"""A model's entries of the audit chain are found without going through all of it: in the fake and in DynamoDB."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.adapters import registry_table
from functions.adapters.registry_store import AUDIT_HEAD, Store
from functions.adapters.registry_table import RegistryTable
from functions.domain.audit import Act, verify
from functions.domain.canonical_json import canonical_json
from tests.contract.test_registry_store import TABLE, moto_table

FRESH = 2  # of a chain of ten or so, as a thousand are of a million
MODELS = ("flights", "loans", "", "flights", "loans", "loans", "flights", "loans", "flights", "loans")
FLIGHTS = [1, 4, 7, 9]


@pytest.fixture(autouse=True)
def _few_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_table, "FRESH", FRESH)


@pytest.fixture
def table() -> Iterator[RegistryTable]:
    with mock_aws():
        yield moto_table()


def act_on(*models: str) -> list[Act]:
    return [Act("live.moved", model, "ann", "2013-03-01T00:00:00Z") for model in models]


def told_about(store: Store, model: str, after: int = 0) -> list[int]:
    """The numbers of the entries of a model, of those that may be."""
    found = [json.loads(entry.body) for entry in store.entries_about(model, after)]
    return [entry["number"] for entry in found if entry["model"] == model]


def read_of(table: RegistryTable, model: str, after: int = 0) -> list[int]:
    return [entry.number for entry in table.entries_about(model, after)]


@pytest.mark.parametrize("length", range(1, len(MODELS) + 1))
def test_all_of_a_models_entries_are_found_in_order_however_long_the_chain_is(store: Store, length: int) -> None:
    store.commit([], act_on(*MODELS[:length]))
    for model in ("flights", "loans", "", "none"):
        numbers = [number for number, one in enumerate(MODELS[:length], 1) if one == model]
        for after in range(length + 2):
            assert told_about(store, model, after) == [number for number in numbers if number > after]


def test_an_empty_chain_has_none(store: Store) -> None:
    assert list(store.entries_about("flights")) == []
    assert store.indexed_from() == 1


def test_entries_are_whole_whichever_way_they_are_read(store: Store) -> None:
    store.commit([], act_on(*MODELS))
    chain = list(store.entries())
    assert [entry for entry in store.entries_about("flights") if entry.about == "flights"] == [
        chain[number - 1] for number in FLIGHTS
    ]
    assert verify(chain, store.head(), store.indexed_from()) == []


def test_of_the_others_entries_only_the_newest_are_read(table: RegistryTable) -> None:
    table.commit([], act_on(*MODELS))
    assert read_of(table, "flights") == [1, 4, 7, 9, 10]
    assert read_of(table, "flights", after=4) == [7, 9, 10]
    assert read_of(table, "none") == [9, 10]


def test_what_the_index_does_not_have_yet_is_found_in_the_chain(table: RegistryTable) -> None:
    """DynamoDB fills an index a moment after the table."""
    table.commit([], act_on(*MODELS))
    for number in range(len(MODELS) - FRESH + 1, len(MODELS) + 1):
        unindex(number)
    assert told_about(table, "flights") == FLIGHTS
    assert told_about(table, "loans") == [2, 5, 6, 8, 10]


def test_what_was_written_before_there_was_an_index_is_found_too(table: RegistryTable) -> None:
    table.commit([], act_on(*MODELS[:5]))
    as_before(table, 5)
    assert table.indexed_from() == 6
    assert read_of(table, "flights") == [1, 2, 3, 4, 5]
    table.commit([], act_on(*MODELS[5:]))
    assert table.indexed_from() == 6
    assert read_of(table, "flights") == [1, 2, 3, 4, 5, 7, 9, 10]
    assert read_of(table, "flights", after=3) == [4, 5, 7, 9, 10]
    assert verify(table.entries(), table.head(), table.indexed_from()) == []


def test_code_of_before_may_write_among_that_of_today(table: RegistryTable) -> None:
    """Functions are deployed one after the other: the index counts from where nobody wrote past it any more."""
    table.commit([], act_on(*MODELS[:2]))
    table.commit([], act_on(MODELS[2]))
    as_before(table, 3, since=3)
    table.commit([], act_on(*MODELS[3:]))
    assert table.indexed_from() == 4
    assert told_about(table, "flights") == FLIGHTS
    assert verify(table.entries(), table.head(), table.indexed_from()) == []


def test_an_item_of_another_partition_is_no_entry_of_the_chain(table: RegistryTable) -> None:
    table.commit([], act_on(*MODELS))
    forged = {"pk": "MODEL#flights", "sk": "ENTRY#000000000005", "about": "flights", "body": "{}", "digest": ""}
    client().put_item(TableName=TABLE, Item={name: {"S": text} for name, text in forged.items()})
    assert read_of(table, "flights") == [1, 4, 7, 9, 10]


def test_more_entries_than_a_page_holds_are_all_found(table: RegistryTable) -> None:
    long = Act("live.moved", "flights", "ann", "2013-03-01T00:00:00Z", {"reason": "x" * 100_000})
    for _ in range(5):
        table.commit([], [long] * 6)
    assert read_of(table, "flights") == list(range(1, 31))


def client() -> Any:
    return boto3.client("dynamodb", region_name="us-east-1")


def unindex(number: int) -> None:
    key = {"pk": {"S": "AUDIT"}, "sk": {"S": f"ENTRY#{number:012d}"}}
    client().update_item(TableName=TABLE, Key=key, UpdateExpression="REMOVE about")


def as_before(table: RegistryTable, number: int, since: int = 1) -> None:
    """Entries up to `number`, the newest one, as code wrote them that knew no index."""
    for one in range(since, number + 1):
        unindex(one)
    head = table.head()
    body = canonical_json({"v": 1, "number": head.number, "digest": head.digest})
    client().update_item(
        TableName=TABLE,
        Key={"pk": {"S": AUDIT_HEAD.pk}, "sk": {"S": AUDIT_HEAD.sk}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": body}},
    )
