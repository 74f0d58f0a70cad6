"""Firehose here: durable puts, AWS's limits, buffers by the stream's hints, faults on demand."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, perf_counter, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud

STREAM = "tiny-stream"


@pytest.fixture
def firehose(cloud: LocalCloud) -> Iterator[Any]:
    """A client; buffers are empty and faults ended before and after."""
    cloud.control("flush", {})
    yield cloud.client("firehose")
    cloud.control("faults", {})
    cloud.control("flush", {})


def new_objects(cloud: LocalCloud, before: set[str]) -> dict[str, bytes]:
    s3 = cloud.client("s3")
    found = {entry["Key"] for entry in s3.list_objects_v2(Bucket="tiny-data", Prefix="raw/").get("Contents", [])}
    return {key: s3.get_object(Bucket="tiny-data", Key=key)["Body"].read() for key in found - before}


def test_records_are_one_gzipped_object_under_the_dated_prefix(cloud: LocalCloud, firehose: Any) -> None:
    before = set(new_objects(cloud, set()))
    for number in range(3):
        firehose.put_record(DeliveryStreamName=STREAM, Record={"Data": f"line {number}\n".encode()})
    batch = [{"Data": b"line 3\n"}, {"Data": b"line 4\n"}]
    answer = firehose.put_record_batch(DeliveryStreamName=STREAM, Records=batch)
    assert (answer["FailedPutCount"], len(answer["RequestResponses"])) == (0, 2)
    assert new_objects(cloud, before) == {}
    assert cloud.control("flush", {}) == (200, {"objects": 1})
    ((key, body),) = new_objects(cloud, before).items()
    assert key.startswith(f"raw/{datetime.now(UTC):%Y/%m/%d/%H}/{STREAM}-1-{datetime.now(UTC):%Y-%m-%d}")
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"line 0\nline 1\nline 2\nline 3\nline 4\n"


def test_a_full_buffer_is_delivered_by_itself(cloud: LocalCloud, firehose: Any) -> None:
    before = set(new_objects(cloud, set()))
    for _ in range(2):
        firehose.put_record(DeliveryStreamName=STREAM, Record={"Data": b"x" * 600_000})
    deadline = monotonic() + 10
    while not (found := new_objects(cloud, before)) and monotonic() < deadline:
        sleep(0.1)
    assert [len(gzip.decompress(body)) for body in found.values()] == [1_200_000]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([b"x" * 1_024_001], "ValidationException"),
        ([b"x"] * 501, "ValidationException"),
        ([b"x" * 1_000_000] * 5, "InvalidArgumentException"),
    ],
)
def test_records_over_awss_limits_are_refused(firehose: Any, records: list[bytes], expected: str) -> None:
    with pytest.raises(ClientError) as refused:
        firehose.put_record_batch(DeliveryStreamName=STREAM, Records=[{"Data": data} for data in records])
    assert refused.value.response["Error"]["Code"] == expected


def test_an_unknown_stream_is_not_found(firehose: Any) -> None:
    with pytest.raises(ClientError) as refused:
        firehose.put_record(DeliveryStreamName="none", Record={"Data": b"x"})
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_failed_put_stores_nothing_and_a_slow_one_stores_before_it_answers(cloud: LocalCloud, firehose: Any) -> None:
    before = set(new_objects(cloud, set()))
    faults = {"fail_one_in": 5, "slow_one_in": 5, "slow_seconds": 0.4}
    assert cloud.control("faults", {"firehose": faults})[0] == 200
    failed, slow = [], []
    for number in range(10):
        begun = perf_counter()
        try:
            firehose.put_record(DeliveryStreamName=STREAM, Record={"Data": f"{number}\n".encode()})
        except firehose.exceptions.ServiceUnavailableException:
            failed.append(number)
        if perf_counter() - begun > 0.35:
            slow.append(number)
    assert len(failed) == 2
    assert len(slow) >= 2
    assert not set(failed) & set(slow)
    cloud.control("flush", {})
    lines = b"".join(map(gzip.decompress, new_objects(cloud, before).values())).split()
    assert sorted(map(int, lines)) == sorted(set(range(10)) - set(failed))


def test_a_partial_failure_names_the_records_that_were_not_taken(cloud: LocalCloud, firehose: Any) -> None:
    before = set(new_objects(cloud, set()))
    cloud.control("faults", {"firehose": {"partial_one_in": 1}})
    records = [{"Data": f"{number}\n".encode()} for number in range(4)]
    answer = firehose.put_record_batch(DeliveryStreamName=STREAM, Records=records)
    assert answer["FailedPutCount"] == 2
    assert [response.get("ErrorCode") for response in answer["RequestResponses"]] == [
        None, "ServiceUnavailableException", None, "ServiceUnavailableException",
    ]  # fmt: skip
    cloud.control("flush", {})
    assert b"".join(map(gzip.decompress, new_objects(cloud, before).values())) == b"0\n2\n"


def test_unknown_faults_are_refused(cloud: LocalCloud) -> None:
    status, answer = cloud.control("faults", {"firehose": {"explode": 1}})
    assert status == 400
    assert "explode" in answer["error"]
