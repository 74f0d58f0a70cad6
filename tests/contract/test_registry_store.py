"""What every store of the registry must do: the same tests for the fake and for DynamoDB as moto has it.

moto 5.2.5 is not safe for threads within a transaction, and a `ClientRequestToken` does not make one idempotent: so
contention is made here by interleaving, and what DynamoDB answers to a conflict is told by a stub.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.adapters.registry_store import Change, Hold, Key, Store, Stored
from functions.adapters.registry_table import ATTEMPTS, RegistryTable, registry_client
from functions.domain.audit import START, Act, verify
from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError, UnavailableError
from functions.domain.names import ABOUT, AUDIT_INDEX

TABLE = "registry"
ONE, TWO, LEASE = Key("MODELS", "flights"), Key("MODEL#flights", "VERSION#1"), Key("MODEL#flights", "LEASE")
ACT = Act("version.registered", "flights", "ann", "2013-03-01T00:00:00Z", {"version": 1})


def moto_table() -> RegistryTable:
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", ABOUT)],
        GlobalSecondaryIndexes=[
            {
                "IndexName": AUDIT_INDEX,
                "KeySchema": [{"AttributeName": ABOUT, "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return RegistryTable(client, TABLE, pause=lambda _: None)


def test_a_new_document_is_read_back_with_revision_one(store: Store) -> None:
    document = {"v": 1, "text": "ä\n", "none": None, "list": [1, {"a": True}]}
    store.commit([Change(ONE, document, 0)], [ACT])
    assert store.read(ONE) == Stored(ONE, 1, document)
    assert store.read(TWO) is None


def test_each_change_counts_the_revision(store: Store) -> None:
    for revision in range(3):
        store.commit([Change(ONE, {"v": 1, "n": revision}, revision)], [])
    assert store.read(ONE) == Stored(ONE, 3, {"v": 1, "n": 2})


@pytest.mark.parametrize("revision", [0, 2])
def test_a_change_of_another_revision_is_refused_and_named(store: Store, revision: int) -> None:
    store.commit([Change(ONE, {"v": 1}, 0)], [])
    with pytest.raises(ConflictError, match="MODELS/flights was changed"):
        store.commit([Change(ONE, {"v": 1, "n": 1}, revision)], [])
    assert store.read(ONE) == Stored(ONE, 1, {"v": 1})


def test_a_change_of_a_document_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(ConflictError):
        store.commit([Change(ONE, {"v": 1}, 1)], [])


def test_of_several_changes_all_are_made_or_none_and_the_act_is_recorded_with_them(store: Store) -> None:
    store.commit([Change(ONE, {"v": 1}, 0)], [ACT])
    with pytest.raises(ConflictError, match="MODELS/flights"):
        store.commit([Change(TWO, {"v": 1}, 0), Change(ONE, {"v": 1, "n": 1}, 0)], [ACT])
    assert store.read(TWO) is None
    assert len(list(store.entries())) == 1


def test_documents_come_in_order_and_only_those_of_the_prefix(store: Store) -> None:
    keys = [Key("MODEL#flights", sk) for sk in ("VERSION#2", "VERSION#1", "RELEASE#1")]
    for key in [*keys, Key("MODEL#loans", "VERSION#1")]:
        store.commit([Change(key, {"v": 1}, 0)], [])
    assert [stored.key.sk for stored in store.read_all("MODEL#flights", "VERSION#")] == ["VERSION#1", "VERSION#2"]
    assert len(store.read_all("MODEL#flights")) == 3
    assert store.read_all("MODEL#none") == []


def test_acts_form_a_chain_that_verifies(store: Store) -> None:
    assert store.head() == START
    store.commit([Change(ONE, {"v": 1}, 0)], [ACT, ACT])
    store.commit([Change(TWO, {"v": 1}, 0)], [ACT])
    assert [entry.number for entry in store.entries()] == [1, 2, 3]
    assert store.head().number == 3
    assert verify(store.entries(), store.head()) == []


def test_a_change_under_a_lease_is_made_while_the_lease_is_held(store: Store) -> None:
    store.commit([Change(LEASE, {"v": 1}, 0)], [])
    store.commit([Change(ONE, {"v": 1}, 0)], [ACT], Hold(LEASE, 1))
    assert store.read(ONE) is not None


@pytest.mark.parametrize("revision", [0, 2])
def test_a_change_under_a_lease_that_was_lost_is_refused(store: Store, revision: int) -> None:
    store.commit([Change(LEASE, {"v": 1}, 0)], [])
    with pytest.raises(LeaseHeldError, match="MODEL#flights was taken over"):
        store.commit([Change(ONE, {"v": 1}, 0)], [ACT], Hold(LEASE, revision))
    assert store.read(ONE) is None
    assert store.head() == START


def test_more_documents_than_a_page_holds_are_all_read() -> None:
    with mock_aws():
        table = moto_table()
        for number in range(30):
            table.commit([Change(Key("MODEL#big", f"{number:03d}"), {"v": 1, "text": "x" * 50_000}, 0)], [])
        assert len(table.read_all("MODEL#big")) == 30


def test_a_chain_that_another_writer_extended_meanwhile_is_followed() -> None:
    with mock_aws():
        table, overtaken = moto_table(), 0

        def overtake(**_: Any) -> None:
            nonlocal overtaken
            if overtaken < 3:
                overtaken += 1
                RegistryTable(boto3.client("dynamodb", region_name="us-east-1"), TABLE).commit([], [ACT])

        client = boto3.client("dynamodb", region_name="us-east-1")
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", overtake)
        RegistryTable(client, TABLE, pause=lambda _: None).commit([Change(ONE, {"v": 1}, 0)], [ACT])
        assert len(list(table.entries())) == 4
        assert verify(table.entries(), table.head()) == []


def test_a_chain_that_stays_busy_is_given_up() -> None:
    with mock_aws():
        table = moto_table()
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", lambda **_: table.commit([], [ACT]))
        with pytest.raises(UnavailableError, match=f"busy {ATTEMPTS} times"):
            RegistryTable(client, TABLE, pause=lambda _: None).commit([Change(ONE, {"v": 1}, 0)], [ACT])
        assert table.read(ONE) is None


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RegistryTable, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = registry_client()
    with Stubber(client) as stubber:
        yield RegistryTable(client, TABLE, pause=lambda _: None), stubber


def cancelled(stubber: Stubber, *codes: str) -> None:
    reasons = [{"Code": code} for code in codes]
    stubber.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_what_passes_is_tried_again(stub: tuple[RegistryTable, Stubber], code: str) -> None:
    table, stubber = stub
    cancelled(stubber, code)
    stubber.add_response("transact_write_items", {})
    table.commit([Change(ONE, {"v": 1}, 0)], [])
    stubber.assert_no_pending_responses()


def test_what_does_not_pass_is_told(stub: tuple[RegistryTable, Stubber]) -> None:
    table, stubber = stub
    cancelled(stubber, "ItemCollectionSizeLimitExceeded")
    with pytest.raises(UnavailableError, match="ItemCollectionSizeLimitExceeded"):
        table.commit([Change(ONE, {"v": 1}, 0)], [])


def test_a_lost_lease_counts_for_more_than_a_conflict(stub: tuple[RegistryTable, Stubber]) -> None:
    table, stubber = stub
    cancelled(stubber, "ConditionalCheckFailed", "ConditionalCheckFailed")
    with pytest.raises(LeaseHeldError):
        table.commit([Change(ONE, {"v": 1}, 0)], [], Hold(LEASE, 1))


@pytest.mark.parametrize(
    ("code", "error"), [("ResourceNotFoundException", NotFoundError), ("InternalServerError", UnavailableError)]
)
def test_errors_of_a_read_are_translated(
    stub: tuple[RegistryTable, Stubber], code: str, error: type[Exception]
) -> None:
    table, stubber = stub
    stubber.add_client_error("get_item", code)
    with pytest.raises(error, match=f"read MODELS/flights from the registry: GetItem answered {code}"):
        table.read(ONE)
    stubber.add_client_error("query", code)
    with pytest.raises(error, match="read the registry"):
        table.read_all("MODELS")
    stubber.add_client_error("transact_write_items", code)
    with pytest.raises(error, match="write to the registry"):
        table.commit([Change(ONE, {"v": 1}, 0)], [])
