"""What the Firehose client does on a bad day. Pauses are recorded, not slept."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator

import pytest

from functions.adapters.firehose import FirehoseSink
from tests.contract.fake_firehose import (
    REGION,
    FakeFirehose,
    FirehoseServer,
    babble,
    close_after,
    drop,
    hang,
    lose_some,
    refuse,
)

RECORDS = [b'{"n":0}\n', b'{"n":1}\n', b'{"n":2}\n']
EXPIRED = "ExpiredTokenException"


@dataclasses.dataclass
class Rig:
    """A fake Firehose, the client under test, and what passed between them and the world."""

    fake: FakeFirehose
    environ: dict[str, str]
    pauses: list[float] = dataclasses.field(default_factory=list)
    reports: list[str] = dataclasses.field(default_factory=list)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] | None = None
    sinks: list[FirehoseSink] = dataclasses.field(default_factory=list)

    def sink(self, *, budget: float = 20.0, attempt_timeout: float = 10.0, jitter: float = 1.0) -> FirehoseSink:
        sink = FirehoseSink(
            "predictions",
            REGION,
            budget=budget,
            attempt_timeout=attempt_timeout,
            environ=self.environ,
            clock=lambda: self.clock(),
            monotonic=self.monotonic,
            sleep=self.sleep or self.pauses.append,
            jitter=lambda: jitter,
            report=self.reports.append,
        )
        self.sinks.append(sink)
        return sink

    @property
    def stored(self) -> list[bytes]:
        return self.fake.streams["predictions"]


@pytest.fixture
def rig() -> Iterator[Rig]:
    fake = FakeFirehose()
    with FirehoseServer(fake) as server:
        keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
        rig = Rig(fake, {**keys, "AWS_ENDPOINT_URL": server.url})
        yield rig
        for sink in rig.sinks:
            sink.reset()


@pytest.mark.parametrize(
    "fault",
    [
        refuse(500, "InternalFailure"),
        refuse(503, "ServiceUnavailableException", "Slow down."),
        refuse(429, ""),
        refuse(400, "ThrottlingException", "Rate exceeded"),
        refuse(400, "RequestTimeoutException"),
    ],
)
def test_a_busy_firehose_is_tried_again_until_it_takes_the_records(rig: Rig, fault: Callable[..., None]) -> None:
    rig.fake.faults.extend([fault, fault])
    assert rig.sink().put(RECORDS) == []
    assert rig.stored == RECORDS
    assert len(rig.reports) == 2


def test_only_the_records_that_failed_are_sent_again(rig: Rig) -> None:
    rig.fake.faults.extend([lose_some(0, 2), lose_some(1)])
    assert rig.sink().put(RECORDS) == []
    assert rig.stored == [RECORDS[1], RECORDS[0], RECORDS[2]]
    assert rig.fake.requests == ["PutRecordBatch", "PutRecordBatch", "PutRecord"]


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "AccessDeniedException", "InvalidKMSResourceException", ""]
)
def test_a_refusal_is_not_repeated(rig: Rig, code: str) -> None:
    rig.fake.faults.append(refuse(400, code, "no"))
    assert rig.sink().put(RECORDS) == [0, 1, 2]
    assert rig.pauses == []
    assert rig.reports == [f"Firehose: 400 {code}: no"]


def test_pauses_double_are_jittered_and_end_with_the_budget(rig: Rig) -> None:
    rig.fake.faults.extend([refuse(503, "ServiceUnavailableException")] * 50)
    now = [0.0]

    def sleep(seconds: float) -> None:
        rig.pauses.append(seconds)
        now[0] += seconds

    rig.monotonic, rig.sleep = lambda: now[0], sleep
    sink = rig.sink(budget=2.0, jitter=0.0)
    assert sink.put(RECORDS) == [0, 1, 2]
    assert rig.pauses == pytest.approx([0.025, 0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4])
    assert now[0] <= 2.0


def test_a_connection_closed_while_idle_is_replaced_without_a_word(rig: Rig) -> None:
    rig.fake.faults.append(close_after)
    sink = rig.sink()
    for record in RECORDS:
        assert sink.put([record]) == []
    assert rig.stored == RECORDS
    assert rig.fake.connections == 2
    assert rig.reports == []


def test_an_answer_lost_on_its_way_means_a_duplicate_rather_than_a_loss(rig: Rig) -> None:
    rig.fake.faults.append(drop)
    assert rig.sink().put(RECORDS[:1]) == []
    assert rig.stored == [RECORDS[0], RECORDS[0]]
    assert len(rig.pauses) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"RequestResponses":[{}]}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_makes_no_sense_is_no_acknowledgement(rig: Rig, answer: bytes) -> None:
    rig.fake.faults.append(babble(answer))
    assert rig.sink().put(RECORDS) == []
    assert rig.stored == RECORDS + RECORDS
    assert len(rig.reports) == 1


def test_a_firehose_that_says_nothing_costs_one_try_and_the_next_one_works(rig: Rig) -> None:
    rig.fake.faults.append(hang)
    assert rig.sink(attempt_timeout=0.2).put(RECORDS) == []
    assert rig.stored == RECORDS


def test_a_firehose_that_never_answers_holds_the_caller_no_longer_than_the_budget(rig: Rig) -> None:
    rig.fake.faults.extend([hang] * 100)
    started = time.perf_counter()
    assert rig.sink(budget=0.5, attempt_timeout=0.2).put(RECORDS) == [0, 1, 2]
    assert 0.4 < time.perf_counter() - started < 1.5


def test_nobody_listening_is_a_failed_delivery_and_nothing_worse(rig: Rig) -> None:
    rig.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    sink = rig.sink(budget=0.3)
    sink.warm_up()
    assert sink.put(RECORDS) == [0, 1, 2]
    assert "cannot connect to 127.0.0.1:1" in rig.reports[0]


def test_no_credentials_is_a_failed_delivery_that_says_what_to_set(rig: Rig) -> None:
    del rig.environ["AWS_SECRET_ACCESS_KEY"]
    assert rig.sink().put(RECORDS) == [0, 1, 2]
    assert "AWS_SECRET_ACCESS_KEY" in rig.reports[0]


def test_credentials_that_were_rotated_are_read_anew_and_the_put_succeeds(rig: Rig) -> None:
    sink = rig.sink()
    assert sink.put(RECORDS[:1]) == []
    rig.fake.expired.add("AKID")
    rig.fake.identities["AKID2"] = ("secret2", "token2")
    rotated = {"AWS_ACCESS_KEY_ID": "AKID2", "AWS_SECRET_ACCESS_KEY": "secret2", "AWS_SESSION_TOKEN": "token2"}
    rig.environ.update(rotated)
    assert sink.put(RECORDS[1:]) == []
    assert rig.stored == RECORDS
    assert rig.pauses == []


@pytest.mark.parametrize("code", [EXPIRED, "UnrecognizedClientException"])
def test_credentials_that_stay_refused_are_given_up_at_once(rig: Rig, code: str) -> None:
    rig.fake.faults.extend([refuse(400, code)] * 5)
    assert rig.sink().put(RECORDS) == [0, 1, 2]
    assert len(rig.fake.requests) == 1


@pytest.mark.parametrize("skew", [-86_400.0, -301.0, 420.0, 86_400.0])
def test_a_clock_that_is_off_is_corrected_by_the_servers_and_stays_so(rig: Rig, skew: float) -> None:
    rig.clock = lambda: time.time() + skew
    sink = rig.sink()
    for record in RECORDS:
        assert sink.put([record]) == []
    assert rig.stored == RECORDS
    assert len(rig.fake.requests) == 1 + len(RECORDS)
    assert rig.pauses == []


def test_a_wrong_secret_is_not_mistaken_for_a_wrong_clock_and_the_token_is_not_logged(rig: Rig) -> None:
    rig.fake.identities["AKID"] = ("another secret", "the-token")
    rig.environ["AWS_SESSION_TOKEN"] = "the-token"
    assert rig.sink().put(RECORDS) == [0, 1, 2]
    assert len(rig.fake.requests) == 1
    assert "InvalidSignatureException" in rig.reports[0]
    assert "the-token" not in rig.reports[0]


def test_a_restored_snapshot_starts_anew_with_connection_clock_and_credentials(rig: Rig) -> None:
    rig.clock = lambda: time.time() - 86_400
    sink = rig.sink()
    assert sink.put(RECORDS[:1]) == []
    rig.clock = time.time
    rig.fake.expired.add("AKID")
    rig.fake.identities["AKID2"] = ("secret2", None)
    rig.environ.update({"AWS_ACCESS_KEY_ID": "AKID2", "AWS_SECRET_ACCESS_KEY": "secret2"})
    sink.reset()
    sink.warm_up()
    assert sink.put(RECORDS[1:]) == []
    assert rig.stored == RECORDS
    assert rig.fake.connections == 2
    assert len(rig.fake.requests) == 3


def test_an_endless_run_of_faults_never_loses_what_it_acknowledged(rig: Rig) -> None:
    faults = [refuse(503, "ServiceUnavailableException"), lose_some(0), drop, close_after, babble(b"?")]
    sink = rig.sink()
    acknowledged: list[bytes] = []
    for n in range(300):
        records = [json.dumps({"n": n, "part": part}).encode() + b"\n" for part in range(1 + n % 3)]
        if n % 2:
            rig.fake.faults.append(faults[n // 2 % len(faults)])
        lost = sink.put(records)
        acknowledged += [record for index, record in enumerate(records) if index not in lost]
    assert len(acknowledged) == 600
    assert set(acknowledged) <= set(rig.stored)
