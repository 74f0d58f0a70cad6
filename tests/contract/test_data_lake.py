"""The data lake: the same behaviour on the fake and on moto; errors that only AWS gives, by stub."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.adapters.data_lake import DataLake, Listed, lake_client
from functions.domain.errors import ConflictError, UnavailableError
from tests.contract.fake_s3 import FakeS3

BUCKET = "data-lake"


@pytest.fixture(params=["fake", "moto"])
def lake(request: pytest.FixtureRequest) -> Iterator[DataLake]:
    if request.param == "fake":
        yield DataLake(FakeS3(page=2), BUCKET)
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield DataLake(client, BUCKET)


def body_of(lake: DataLake, key: str) -> bytes:
    found = lake.get(key)
    assert found is not None
    return found.body


def test_what_was_put_is_read_with_the_etag_that_a_listing_shows(lake: DataLake) -> None:
    lake.put("table/a", b"first")
    found = lake.get("table/a")
    assert found is not None
    assert found.body == b"first"
    assert list(lake.list("table/")) == [Listed("table/a", found.etag, 5)]


def test_an_object_that_is_not_there_is_none(lake: DataLake) -> None:
    assert lake.get("table/none") is None


def test_a_put_replaces_what_lies_there(lake: DataLake) -> None:
    lake.put("a", b"first")
    lake.put("a", b"second")
    assert body_of(lake, "a") == b"second"


def test_a_conditional_put_creates_an_object_once(lake: DataLake) -> None:
    lake.put_if("a", b"first", None)
    with pytest.raises(ConflictError, match=r"write s3://data-lake/a: PutObject answered PreconditionFailed"):
        lake.put_if("a", b"second", None)
    assert body_of(lake, "a") == b"first"


def test_a_conditional_put_replaces_the_content_that_it_names_and_no_other(lake: DataLake) -> None:
    first = lake.put_if("a", b"first", None)
    second = lake.put_if("a", b"second", first)
    with pytest.raises(ConflictError):
        lake.put_if("a", b"third", first)
    assert body_of(lake, "a") == b"second"
    lake.put_if("a", b"third", second)
    assert body_of(lake, "a") == b"third"


def test_a_conditional_put_in_place_of_an_object_that_is_gone_is_a_conflict(lake: DataLake) -> None:
    with pytest.raises(ConflictError):
        lake.put_if("a", b"second", '"5d41402abc4b2a76b9719d911017c592"')
    assert lake.get("a") is None


def test_a_listing_is_in_the_order_of_keys_over_all_its_pages(lake: DataLake) -> None:
    for name in ("raw/e", "raw/a", "raw/c", "raw/b", "raw/d", "table/a"):
        lake.put(name, b"")
    assert [listed.key for listed in lake.list("raw/")] == ["raw/a", "raw/b", "raw/c", "raw/d", "raw/e"]


@pytest.mark.parametrize("after", ["raw/b", "raw/bb"])
def test_a_listing_begins_after_a_key_whether_it_is_there_or_not(lake: DataLake, after: str) -> None:
    for name in ("raw/a", "raw/b", "raw/c", "raw/d"):
        lake.put(name, b"")
    assert [listed.key for listed in lake.list("raw/", after=after)] == ["raw/c", "raw/d"]


def test_a_listing_of_nothing_is_empty(lake: DataLake) -> None:
    assert list(lake.list("raw/")) == []


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DataLake, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = lake_client()
    with Stubber(client) as stubber:
        yield DataLake(client, BUCKET), stubber


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("PreconditionFailed", ConflictError),
        ("ConditionalRequestConflict", ConflictError),
        ("NoSuchKey", ConflictError),
        ("AccessDenied", UnavailableError),
        ("NoSuchBucket", UnavailableError),
        ("InternalError", UnavailableError),
    ],
)
def test_errors_of_a_conditional_put_are_translated(
    stub: tuple[DataLake, Stubber], code: str, error: type[Exception]
) -> None:
    lake, stubber = stub
    stubber.add_client_error("put_object", code)
    with pytest.raises(error, match=f"PutObject answered {code}") as raised:
        lake.put_if("a", b"", '"x"')
    assert type(raised.value) is error


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "InternalError"])
def test_what_may_not_be_read_is_not_taken_for_missing(stub: tuple[DataLake, Stubber], code: str) -> None:
    lake, stubber = stub
    stubber.add_client_error("get_object", code)
    with pytest.raises(UnavailableError, match=f"GetObject answered {code}"):
        lake.get("a")


def test_a_listing_that_fails_is_told(stub: tuple[DataLake, Stubber]) -> None:
    lake, stubber = stub
    stubber.add_client_error("list_objects_v2", "SlowDown")
    with pytest.raises(UnavailableError, match="list s3://data-lake/raw/: ListObjectsV2 answered SlowDown"):
        list(lake.list("raw/"))
