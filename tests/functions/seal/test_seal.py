"""Sealing: once an hour, whatever happens to the run; and what moto's Object Lock holds."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.adapters.registry_store import Change, model_key
from functions.adapters.sealed_heads import SealedHeads
from functions.domain.audit import START, Act, Head
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, MisconfiguredError, UnavailableError
from functions.domain.sealed_head import SealedHead
from functions.seal.request import SealRequest
from functions.seal.seal import Tools, seal
from functions.seal.settings import Settings
from tests.contract.fake_locked_bucket import FakeLockedBucket
from tests.contract.fake_table import FakeTable

BUCKET = "audit"


@pytest.fixture(params=["fake", "moto"])
def locked(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "fake":
        yield FakeLockedBucket()
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


@pytest.fixture
def table() -> FakeTable:
    table = FakeTable()
    act = Act("version.registered", "flights", "ann", "2013-03-01T00:00:00Z")
    table.commit([Change(model_key("flights"), {"v": 1}, 0)], [act])
    return table


def tools(table: FakeTable, locked: Any) -> Tools:
    return Tools(table, SealedHeads(locked, BUCKET), "prod")


def request(time: str = "2013-03-01T05:00:00Z") -> SealRequest:
    return SealRequest.from_event({"time": time, "every_hours": 1})


def test_the_head_is_sealed_under_its_hour(table: FakeTable, locked: Any) -> None:
    answer = seal(request(), tools(table, locked))
    assert answer == {
        "key": "heads/dt=2013-03-01/05.json",
        "number": 1,
        "digest": table.head().digest,
        "new": True,
    }
    (found,) = SealedHeads(locked, BUCKET).all()
    assert found.head == SealedHead("prod", 1, table.head().digest, "2013-03-01T05:00:00Z", 1)
    assert found.wrong == ()


def test_a_run_that_is_made_again_changes_nothing(table: FakeTable, locked: Any) -> None:
    first = seal(request(), tools(table, locked))
    table.commit([Change(model_key("loans"), {"v": 1}, 0)], [Act("live.moved", "loans", "ann", "")])
    again = seal(request(), tools(table, locked))
    assert (again["new"], again["number"]) == (False, 2)
    (found,) = SealedHeads(locked, BUCKET).all()
    assert found.head is not None
    assert (found.head.number, found.wrong) == (first["number"], ())


def test_a_chain_without_entries_is_sealed_too(locked: Any) -> None:
    assert seal(request(), tools(FakeTable(), locked))["digest"] == START.digest


def test_a_head_that_is_none_is_not_sealed(locked: Any) -> None:
    class Forged(FakeTable):
        def head(self) -> Head:
            raise CorruptArtifactError("AUDIT/HEAD is no head of an audit chain")

    with pytest.raises(CorruptArtifactError):
        seal(request(), tools(Forged(), locked))
    assert list(SealedHeads(locked, BUCKET).all()) == []


def test_s3_that_does_not_take_it_is_told_so_that_the_run_is_made_again(table: FakeTable) -> None:
    with mock_aws(), pytest.raises(UnavailableError, match=r"write s3://audit/heads/dt=2013-03-01/05\.json"):
        seal(request(), tools(table, boto3.client("s3", region_name="us-east-1")))  # there is no such bucket


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"every_hours": 1}, "time must be text"),
        ({"time": "2013-03-01T05:00:00", "every_hours": 1}, "names no zone"),
        ({"time": "2013-03-01T05:00:00Z"}, "every_hours must be a number"),
        ({"time": "2013-03-01T05:00:00Z", "every_hours": True}, "every_hours must be a number"),
        ({"time": "2013-03-01T05:00:00Z", "every_hours": 25}, "every_hours must be a number"),
    ],
)
def test_an_event_that_is_none_is_refused(event: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        SealRequest.from_event(event)


def test_a_missing_setting_is_named() -> None:
    environ = {"STAGE": "prod", "REGISTRY_TABLE": "registry", "AUDIT_BUCKET": "audit"}
    assert Settings.from_environment(environ) == Settings("prod", "registry", "audit")
    for name in environ:
        with pytest.raises(MisconfiguredError, match=name):
            Settings.from_environment({**environ, name: ""})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"v":2}', b'{"v":1,"number":"1","digest":"x","time":"","stage":"","every_hours":1}']
)
def test_what_is_no_sealed_head_is_not_read_as_one(body: bytes) -> None:
    with pytest.raises(CorruptArtifactError, match="no sealed head"):
        SealedHead.from_bytes(body)
