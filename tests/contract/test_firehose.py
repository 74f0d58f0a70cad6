"""What the Firehose client does on a good day: the same on a strict fake and on moto."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import boto3
import pytest
from moto.server import ThreadedMotoServer

from functions.adapters.firehose import FirehoseSink
from functions.domain.prediction_record import Sink
from tests.contract.fake_firehose import REGION, FakeFirehose, FirehoseServer


@dataclass
class Firehose:
    """A Firehose with a stream named `predictions`; `stored` answers its records in order."""

    environ: dict[str, str]
    stored: Callable[[], list[bytes]]

    sinks: list[FirehoseSink] = field(default_factory=list)

    def sink(self, stream: str = "predictions") -> FirehoseSink:
        sink = FirehoseSink(stream, REGION, environ=self.environ, budget=20, attempt_timeout=10, report=_quiet)
        self.sinks.append(sink)
        return sink

    def close(self) -> None:
        for sink in self.sinks:
            sink.reset()


def _quiet(line: str) -> None:
    pass


def environment(url: str) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL_FIREHOSE": url}


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["fake", "moto"])
def firehose(request: pytest.FixtureRequest) -> Iterator[Firehose]:
    if request.param == "fake":
        fake = FakeFirehose()
        with FirehoseServer(fake) as server:
            firehose = Firehose(environment(server.url), lambda: fake.streams["predictions"])
            yield firehose
            firehose.close()
        return
    url = request.getfixturevalue("moto_server")
    session = boto3.Session("AKID", "secret", region_name=REGION)
    s3, client = session.client("s3", endpoint_url=url), session.client("firehose", endpoint_url=url)
    s3.create_bucket(Bucket="records")
    client.create_delivery_stream(
        DeliveryStreamName="predictions",
        S3DestinationConfiguration={"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::records"},
    )

    def stored() -> list[bytes]:
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="records").get("Contents", [])]
        objects = [s3.get_object(Bucket="records", Key=key) for key in keys]
        objects.sort(key=lambda one: one["LastModified"])
        return b"".join(one["Body"].read() for one in objects).splitlines(keepends=True)

    firehose = Firehose(environment(url), stored)
    yield firehose
    firehose.close()
    client.delete_delivery_stream(DeliveryStreamName="predictions")
    for key in [entry["Key"] for entry in s3.list_objects_v2(Bucket="records").get("Contents", [])]:
        s3.delete_object(Bucket="records", Key=key)
    s3.delete_bucket(Bucket="records")


def lines(count: int, width: int = 1) -> list[bytes]:
    return [json.dumps({"request_id": f"{i:06}", "padding": "ü" * width}).encode() + b"\n" for i in range(count)]


def test_is_a_sink(firehose: Firehose) -> None:
    sink: Sink = firehose.sink()
    assert sink.put([]) == []
    assert firehose.stored() == []


def test_stores_one_record_byte_for_byte(firehose: Firehose) -> None:
    record = '{"é": "\\u0000 / + = 日本"}\n'.encode()
    assert firehose.sink().put([record]) == []
    assert firehose.stored() == [record]


def test_stores_several_records_of_one_put(firehose: Firehose) -> None:
    assert firehose.sink().put(lines(3)) == []
    assert sorted(firehose.stored()) == lines(3)


def test_stores_more_records_than_one_call_takes(firehose: Firehose) -> None:
    assert firehose.sink().put(lines(1_203)) == []
    assert sorted(firehose.stored()) == lines(1_203)


def test_stores_more_bytes_than_one_call_takes(firehose: Firehose) -> None:
    records = lines(8, width=150_000)
    assert sum(map(len, records)) > 4_194_304
    assert firehose.sink().put(records) == []
    assert sorted(firehose.stored()) == records


def test_a_warmed_up_connection_serves_put_after_put(firehose: Firehose) -> None:
    sink = firehose.sink()
    sink.warm_up()
    for record in lines(5):
        assert sink.put([record]) == []
    assert sorted(firehose.stored()) == lines(5)


def test_an_oversized_record_is_named_and_the_others_are_stored(firehose: Firehose) -> None:
    records = [*lines(1), b"x" * 1_024_000 + b"\n", *lines(2)[1:]]
    assert firehose.sink().put(records) == [1]
    assert sorted(firehose.stored()) == lines(2)


def test_a_stream_that_does_not_exist_takes_nothing_and_raises_nothing(firehose: Firehose) -> None:
    assert firehose.sink("absent").put(lines(3)) == [0, 1, 2]
