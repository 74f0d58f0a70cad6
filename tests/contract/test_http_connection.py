"""The connection beneath the Firehose client: TLS, whom it believes, and that it never waits without a bound."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.certificates import make_certificates
from functions.adapters import http_connection
from functions.adapters.amazon_roots import AMAZON_ROOTS
from functions.adapters.endpoint import Endpoint
from functions.adapters.firehose import FirehoseSink
from functions.adapters.http_connection import Deadline, HttpConnection
from functions.adapters.tls import Trust
from functions.domain.errors import UnavailableError
from tests.contract.fake_firehose import REGION, FakeFirehose, FirehoseServer, close_after

# SHA-256 of the keys, from https://www.amazontrust.com/repository/
PUBLISHED_ROOT_KEYS = {
    "Amazon Root CA 1": "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "Amazon Root CA 2": "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "Amazon Root CA 3": "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "Amazon Root CA 4": "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "Starfield Services Root Certificate Authority - G2": (
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92"
    ),
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def firehose(certificates: tuple[Path, Path]) -> Iterator[tuple[FakeFirehose, dict[str, str]]]:
    fake = FakeFirehose()
    with FirehoseServer(fake, certificates[1]) as server:
        keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
        yield fake, {**keys, "AWS_ENDPOINT_URL": server.url, "AWS_CA_BUNDLE": str(certificates[0])}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # Starfield's is 0
def test_the_roots_that_ship_are_the_five_that_amazon_publishes() -> None:
    keys = {
        str(root.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value): hashlib.sha256(
            root.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()
        for root in x509.load_pem_x509_certificates(AMAZON_ROOTS.encode())
    }
    assert keys == PUBLISHED_ROOT_KEYS


def test_puts_over_tls_on_one_kept_connection_even_if_warmed_up(firehose: tuple[FakeFirehose, dict[str, str]]) -> None:
    fake, environ = firehose
    sink = FirehoseSink("predictions", REGION, environ=environ)
    sink.warm_up()
    assert [sink.put([b"%d\n" % n]) for n in range(20)] == [[]] * 20
    assert fake.connections == 1
    sink.reset()


def test_a_tls_connection_closed_while_idle_is_replaced(firehose: tuple[FakeFirehose, dict[str, str]]) -> None:
    fake, environ = firehose
    fake.faults.append(close_after)
    sink = FirehoseSink("predictions", REGION, environ=environ)
    assert [sink.put([b"%d\n" % n]) for n in range(3)] == [[]] * 3
    assert fake.connections == 2
    sink.reset()


def test_a_certificate_of_nobody_we_know_is_refused(firehose: tuple[FakeFirehose, dict[str, str]]) -> None:
    fake, environ = firehose
    reports: list[str] = []
    del environ["AWS_CA_BUNDLE"]
    sink = FirehoseSink("predictions", REGION, environ=environ, budget=1.0, report=reports.append)
    assert sink.put([b"x\n"]) == [0]
    assert "CERTIFICATE_VERIFY_FAILED" in reports[0]
    assert fake.requests == []


def test_a_certificate_for_another_name_is_refused(
    firehose: tuple[FakeFirehose, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, environ = firehose
    port = Endpoint.parse(environ["AWS_ENDPOINT_URL"]).port
    monkeypatch.setattr(http_connection, "_resolve", lambda endpoint, deadline: [(socket.AF_INET, ("127.0.0.1", port))])
    connection = HttpConnection(Endpoint("https", "other.example", port), Trust(Path(environ["AWS_CA_BUNDLE"])))
    with pytest.raises(UnavailableError, match=r"other\.example"):
        connection.connect(Deadline(5))


def test_an_authority_of_the_systems_store_is_believed_where_amazons_roots_do_not_fit(
    firehose: tuple[FakeFirehose, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, environ = firehose
    monkeypatch.setenv("SSL_CERT_FILE", environ.pop("AWS_CA_BUNDLE"))
    reports: list[str] = []
    sink = FirehoseSink("predictions", REGION, environ=environ, report=reports.append)
    assert sink.put([b"x\n"]) == []
    assert reports == []
    assert len(fake.requests) == 1
    sink.reset()


def test_a_bundle_that_cannot_be_read_is_a_failed_delivery(firehose: tuple[FakeFirehose, dict[str, str]]) -> None:
    _, environ = firehose
    reports: list[str] = []
    environ["AWS_CA_BUNDLE"] = "/nowhere.pem"
    sink = FirehoseSink("predictions", REGION, environ=environ, budget=0.2, report=reports.append)
    assert sink.put([b"x\n"]) == [0]
    assert "No such file" in reports[0]


def test_a_server_that_accepts_and_says_nothing_cannot_hold_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = HttpConnection(Endpoint("https", "127.0.0.1", server.getsockname()[1]), Trust())
        started = time.perf_counter()
        with pytest.raises(UnavailableError, match="timed out"):
            connection.connect(Deadline(0.2))
        assert time.perf_counter() - started < 1.0


def test_a_resolver_that_hangs_cannot_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: bytes, port: int, *, type: int, flags: int) -> object:
        if flags:
            return real(host, port, type=type, flags=flags)
        hanging.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.perf_counter()
    with pytest.raises(UnavailableError, match="not resolved in time"):
        HttpConnection(Endpoint("http", "firehose.example", 80), Trust()).connect(Deadline(0.2))
    assert time.perf_counter() - started < 1.0
    hanging.set()


def test_a_name_with_a_dead_address_is_reached_by_its_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        addresses = [(socket.AF_INET, ("127.0.0.1", 1)), (socket.AF_INET, ("127.0.0.1", port))]
        monkeypatch.setattr(http_connection, "_resolve", lambda endpoint, deadline: addresses)
        connection = HttpConnection(Endpoint("http", "firehose.example", port), Trust())
        connection.connect(Deadline(5))
        connection.close()


def test_an_idle_connection_is_not_used_after_lambda_was_frozen_for_long() -> None:
    fake, now = FakeFirehose(), [time.time()]
    fake.clock = lambda: now[0]
    with FirehoseServer(fake) as server:
        keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.url}
        sink = FirehoseSink("predictions", REGION, environ=keys, clock=lambda: now[0])
        for pause in (0, 20, 20, 600):
            now[0] += pause
            assert sink.put([b"x\n"]) == []
        assert fake.connections == 2
        sink.reset()


def test_a_connection_on_which_the_server_spoke_unasked_is_not_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = HttpConnection(Endpoint("http", "127.0.0.1", server.getsockname()[1]), Trust())
        connection.connect(Deadline(5))
        first, _ = server.accept()
        first.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        connection.connect(Deadline(5))
        second, _ = server.accept()
        connection.close()
        first.close()
        second.close()
