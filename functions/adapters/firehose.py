"""Puts records into a Firehose stream and says which were not acknowledged, within a budget of time.

A record can arrive twice: where an answer is lost on its way, the record is sent again although Firehose has it. That
is why records carry ids, and why whoever reads the stream removes duplicates by them.
"""

import binascii
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from functions.adapters.credentials import CredentialSource
from functions.adapters.endpoint import aws_endpoint
from functions.adapters.firehose_answer import Verdict, judge, server_time
from functions.adapters.http_connection import Deadline, HttpConnection
from functions.adapters.http_response import Response
from functions.adapters.sigv4 import Credentials, Signer
from functions.adapters.tls import Trust
from functions.domain.errors import MisconfiguredError, UnavailableError
from functions.domain.prediction_record import MAX_RECORD_BYTES

MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 4_194_304  # of the request as it is sent, base64 and all: whichever way AWS counts, this is within
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.8
_TOLERATED_SKEW = 60.0  # AWS tolerates 300 s; a clock within this is not what is wrong with a signature


class FirehoseSink:
    """A Firehose stream as a `Sink`. One call of `put` at a time; `warm_up` may run beside it in a thread.

    Args:
        budget: seconds that one `put` may take in all, whatever happens.
        attempt_timeout: seconds that one try may take, connecting included.
        environ: where credentials, endpoint overrides (AWS_ENDPOINT_URL) and AWS_CA_BUNDLE are read from.
        clock: the time to sign with, in seconds since the epoch.
        report: gets a line for a person about each failed try; nothing secret is in it.

    Raises:
        MisconfiguredError: the environment names no sound endpoint.
    """

    def __init__(
        self,
        stream: str,
        region: str,
        *,
        budget: float = 2.0,
        attempt_timeout: float = 1.0,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = lambda: os.urandom(1)[0] / 255,  # also differs between restored snapshots
        report: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
    ) -> None:
        bundle = environ.get("AWS_CA_BUNDLE")
        trust = Trust(Path(bundle) if bundle else None)
        self._endpoint = aws_endpoint("firehose", region, environ)
        self._connection = HttpConnection(self._endpoint, trust, clock)
        self._credentials = CredentialSource(environ, trust)
        self._signer = Signer("firehose", region)
        self._stream = json.dumps(stream).encode()
        self._budget, self._attempt_timeout = budget, attempt_timeout
        self._clock, self._monotonic, self._sleep, self._jitter = clock, monotonic, sleep, jitter
        self._report = report
        self._clock_offset = 0.0  # seconds to add to our clock to get AWS's
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Get credentials and connect, so that the first `put` need not; failing is left to that `put` to report."""
        with self._lock:
            deadline = Deadline(self._attempt_timeout, self._monotonic)
            try:
                self._connection.connect(deadline)
                self._credentials.get(self._clock(), deadline)
            except (UnavailableError, MisconfiguredError):
                self._connection.close()

    def reset(self) -> None:
        """Forget connection, credentials and clock: the process was restored from a snapshot."""
        with self._lock:
            self._connection.close()
            self._credentials.forget()
            self._clock_offset = 0.0

    def put(self, records: Sequence[bytes]) -> list[int]:
        """Store records; the indexes, in order, of those that were *not* acknowledged within the budget.

        What is busy, broken or cut off is tried again after a pause, with only the records that failed; what is refused
        is not. Never raises for a failed delivery. A record that was not acknowledged may be stored all the same.
        """
        deadline = Deadline(self._budget, self._monotonic)
        lost = [index for index, record in enumerate(records) if len(record) > MAX_RECORD_BYTES]
        if lost:
            self._report(f"Firehose: {len(lost)} records are over {MAX_RECORD_BYTES} bytes and were not sent")
        if not self._lock.acquire(timeout=max(0.0, deadline.left())):
            self._report("Firehose: another put or warm-up did not end in time")
            return list(range(len(records)))
        try:
            for batch in _batches(records):
                lost += self._deliver(records, batch, deadline)
        finally:
            self._lock.release()
        return sorted(lost)

    def _deliver(self, records: Sequence[bytes], batch: list[int], deadline: Deadline) -> list[int]:
        """Put one batch, given by indexes; those not acknowledged."""
        pause, repaired = _FIRST_PAUSE, set[str]()
        while deadline.left() > 0:
            verdict = self._attempt([records[index] for index in batch], deadline, repaired)
            batch = [batch[position] for position in verdict.unacknowledged]
            if not batch:
                return []
            self._report(f"Firehose: {verdict.reason[:300]}")
            if verdict.remedy == "give up":
                return batch
            if verdict.remedy == "wait":
                jittered = pause * (1 + self._jitter()) / 2
                if jittered >= deadline.left():
                    return batch
                self._sleep(jittered)
                pause = min(2 * pause, _LONGEST_PAUSE)
        return batch

    def _attempt(self, records: Sequence[bytes], deadline: Deadline, repaired: set[str]) -> Verdict:
        """Try once. What was `repaired` once during this put and is refused again is given up."""
        attempt = deadline.sooner(self._attempt_timeout)
        try:
            credentials = self._credentials.get(self._now(), attempt)
            response = self._send(credentials, records, attempt)
            verdict = _without_token(judge(response, len(records)), credentials)
        except MisconfiguredError as error:
            return Verdict(range(len(records)), "give up", str(error))
        except UnavailableError as error:
            return Verdict(range(len(records)), "wait", str(error))
        if verdict.remedy in ("renew credentials", "set clock"):
            worth_it = verdict.remedy not in repaired and (
                self._set_clock(response) if verdict.remedy == "set clock" else self._renew(credentials, attempt)
            )
            repaired.add(verdict.remedy)
            return verdict if worth_it else Verdict(verdict.unacknowledged, "give up", verdict.reason)
        return verdict

    def _send(self, credentials: Credentials, records: Sequence[bytes], deadline: Deadline) -> Response:
        operation = "PutRecord" if len(records) == 1 else "PutRecordBatch"
        headers = {
            "Host": self._endpoint.authority,
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"Firehose_20150804.{operation}",
        }
        body = self._body(records)
        target = self._endpoint.path or "/"
        signed = self._signer.sign(credentials, self._now(), "POST", target, "", headers, body)
        return self._connection.request("POST", target, signed, body, deadline)

    def _body(self, records: Sequence[bytes]) -> bytes:
        data = [b'{"Data":"' + binascii.b2a_base64(record, newline=False) + b'"}' for record in records]
        if len(data) == 1:
            return b'{"DeliveryStreamName":%b,"Record":%b}' % (self._stream, data[0])
        return b'{"DeliveryStreamName":%b,"Records":[%b]}' % (self._stream, b",".join(data))

    def _now(self) -> float:
        return self._clock() + self._clock_offset

    def _set_clock(self, response: Response) -> bool:
        """Take the server's time over; False where ours was not what is wrong."""
        server = server_time(response)
        if server is None or abs(server - self._now()) < _TOLERATED_SKEW:
            return False
        self._clock_offset = server - self._clock()
        return True

    def _renew(self, refused: Credentials, deadline: Deadline) -> bool:
        """Get other credentials; False where there are no others."""
        self._credentials.forget()
        try:
            return self._credentials.get(self._now(), deadline) != refused
        except (UnavailableError, MisconfiguredError):
            return False


def _without_token(verdict: Verdict, credentials: Credentials) -> Verdict:
    """AWS explains a wrong signature with the request as it should have been signed: session token and all."""
    if not verdict.reason or not credentials.token:
        return verdict
    return Verdict(verdict.unacknowledged, verdict.remedy, verdict.reason.replace(credentials.token, "***"))


def _batches(records: Sequence[bytes]) -> Iterator[list[int]]:
    """Indexes of the records that Firehose takes, in batches within its limits."""
    batch: list[int] = []
    size = envelope = 1_024
    for index, record in enumerate(records):
        if len(record) > MAX_RECORD_BYTES:
            continue
        encoded = len(record) * 4 // 3 + 32
        if batch and (len(batch) == MAX_BATCH_RECORDS or size + encoded > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], envelope
        batch.append(index)
        size += encoded
    if batch:
        yield batch
