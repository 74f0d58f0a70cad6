"""A Firehose as strict as AWS's documentation (moto is not) and fails on demand.

It checks every signature with botocore, and each call's limits. Its `faults` are used up one a request.
"""

import base64
import binascii
import calendar
import json
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
type Fault = Callable[["Exchange"], None]


def refuse(status: int, code: str, message: str = "") -> Fault:
    """Answer with an error, having done nothing."""

    def fault(exchange: "Exchange") -> None:
        raise RefusedError(status, code, message)

    return fault


def lose_some(*positions: int) -> Fault:
    """Fail these records of a batch."""

    def fault(exchange: "Exchange") -> None:
        exchange.failing = frozenset(positions)

    return fault


def drop(exchange: "Exchange") -> None:
    """Store the records, then close the connection without an answer."""
    exchange.drop = True


def close_after(exchange: "Exchange") -> None:
    """Answer well, then close the connection without having said so."""
    exchange.close_after = True


def hang(exchange: "Exchange") -> None:
    """Say nothing until the test is over."""
    exchange.fake.released.wait()
    exchange.drop = True


def babble(answer: bytes) -> Fault:
    """Store the records, then answer something of no sense."""

    def fault(exchange: "Exchange") -> None:
        exchange.raw_answer = answer
        exchange.close_after = True

    return fault


class RefusedError(Exception):
    """An answer other than success: status, error code, message."""


@dataclass
class FakeFirehose:
    """State and rules. `identities` maps access keys to (secret, session token); `expired` lists those it refuses."""

    identities: dict[str, tuple[str, str | None]] = field(default_factory=lambda: {"AKID": ("secret", None)})
    expired: set[str] = field(default_factory=set)
    streams: dict[str, list[bytes]] = field(default_factory=lambda: {"predictions": []})
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    clock: Callable[[], float] = time.time
    released: threading.Event = field(default_factory=threading.Event)
    broken_rules: list[str] = field(default_factory=list)

    def authorise(self, exchange: "Exchange") -> None:
        fields = dict(
            part.split("=", 1)
            for part in exchange.headers["Authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
        )
        access_key, _, scope = fields["Credential"].partition("/")
        if access_key not in self.identities:
            raise RefusedError(
                400, "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        secret, token = self.identities[access_key]
        if access_key in self.expired or exchange.headers.get("X-Amz-Security-Token") != token:
            raise RefusedError(400, "ExpiredTokenException", "The security token included in the request is expired")
        stamp = exchange.headers["X-Amz-Date"]
        sent = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        if abs(sent - self.clock()) > 300:
            raise RefusedError(
                400, "InvalidSignatureException", f"Signature expired: {stamp} is not near the time here."
            )
        assert scope == f"{stamp[:8]}/{REGION}/firehose/aws4_request"
        names = fields["SignedHeaders"].split(";")
        assert {"host", "x-amz-date", "x-amz-target", "content-type"} <= set(names)
        request: Any = AWSRequest("POST", f"http://{exchange.headers['Host']}{exchange.target}", data=exchange.body)
        sent_headers = {name.lower(): value for name, value in exchange.headers.items()}
        for name in names:
            request.headers[name] = sent_headers[name]
        request.context["timestamp"] = stamp
        signer: Any = SigV4Auth(Credentials(access_key, secret, token), "firehose", REGION)
        canonical = signer.canonical_request(request)
        if signer.signature(signer.string_to_sign(request, canonical), request) != fields["Signature"]:
            should_be = f"The request signature we calculated does not match. The Canonical String was '{canonical}'"
            raise RefusedError(400, "InvalidSignatureException", should_be)

    def act(self, exchange: "Exchange") -> dict[str, Any]:
        operation = exchange.headers["X-Amz-Target"].removeprefix("Firehose_20150804.")
        assert exchange.headers["Content-Type"] == "application/x-amz-json-1.1"
        call = json.loads(exchange.body)
        records = [call["Record"]] if operation == "PutRecord" else call["Records"]
        if call["DeliveryStreamName"] not in self.streams:
            raise RefusedError(400, "ResourceNotFoundException", f"Firehose {call['DeliveryStreamName']} not found.")
        data = [_decode(record["Data"]) for record in records]
        if not 1 <= len(data) <= 500 or len(exchange.body) > 4_194_304 or any(len(one) > 1_024_000 for one in data):
            raise RefusedError(400, "ValidationException", "over a limit")
        results: list[dict[str, str]] = []
        for position, one in enumerate(data):
            if position in exchange.failing:
                results.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.streams[call["DeliveryStreamName"]].append(one)
                results.append({"RecordId": f"r{len(self.streams[call['DeliveryStreamName']])}"})
        if operation == "PutRecord":
            return results[0]
        return {"FailedPutCount": len(exchange.failing), "Encrypted": False, "RequestResponses": results}


@dataclass
class Exchange:
    """One request, and how its answer departs from a good one."""

    fake: FakeFirehose
    target: str
    headers: Mapping[str, str]  # by name as it was sent
    body: bytes
    failing: frozenset[int] = frozenset()
    raw_answer: bytes | None = None
    drop: bool = False
    close_after: bool = False


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RefusedError(400, "SerializationException", str(error)) from error


def make_handler(fake: FakeFirehose) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            fake.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            exchange = Exchange(fake, self.path, dict(self.headers), body)
            fake.requests.append(self.headers["X-Amz-Target"].rpartition(".")[2])
            try:
                if fake.faults:
                    fake.faults.popleft()(exchange)
                fake.authorise(exchange)
                status, answer = 200, fake.act(exchange)
            except RefusedError as refusal:
                status, code, message = refusal.args
                answer = {"__type": f"com.amazonaws.firehose.v20150804#{code}", "message": message}
            self.close_connection = exchange.drop or exchange.close_after
            if not exchange.drop:
                self.answer(status, answer, exchange)

        def answer(self, status: int, answer: dict[str, Any], exchange: Exchange) -> None:
            if exchange.raw_answer is not None:
                self.wfile.write(exchange.raw_answer)
                return
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(fake.clock())

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeFirehose

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):  # a client that hangs up is no broken rule
            self.fake.broken_rules.append(repr(error))


class FirehoseServer:
    """Serves a fake on a free port of 127.0.0.1, as a context that ends with the proof that no rule was broken."""

    def __init__(self, fake: FakeFirehose, certificate: Path | None = None) -> None:
        self._fake = fake
        self._server = _Server(("127.0.0.1", 0), make_handler(fake))
        self._server.fake = fake
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fake.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        assert not self._fake.broken_rules
