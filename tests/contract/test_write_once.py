"""Objects that are written once: the first content stays, and one that was changed is noticed."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from functions.adapters.data_lake import DataLake
from functions.adapters.write_once import get_checked, put_once
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError, NotFoundError
from tests.contract.fake_s3 import FakeS3


@pytest.fixture(params=["fake", "moto"])
def lake(request: pytest.FixtureRequest) -> Iterator[DataLake]:
    if request.param == "fake":
        yield DataLake(FakeS3(), "bucket")
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        yield DataLake(client, "bucket")


def test_the_first_content_stays_and_is_answered(lake: DataLake) -> None:
    assert put_once(lake, "gates/one.json", b"first") == b"first"
    assert put_once(lake, "gates/one.json", b"second") == b"first"
    found = lake.get("gates/one.json")
    assert found is not None
    assert found.body == b"first"


def test_what_is_read_is_what_its_digest_names(lake: DataLake) -> None:
    put_once(lake, "training/x", b"rows")
    assert get_checked(lake, "training/x", digest_of(b"rows")) == b"rows"
    lake.put("training/x", b"other rows")
    with pytest.raises(CorruptArtifactError, match="it was changed after it was written"):
        get_checked(lake, "training/x", digest_of(b"rows"))
    with pytest.raises(NotFoundError, match="training/y is not in the artifact bucket"):
        get_checked(lake, "training/y", digest_of(b"rows"))
