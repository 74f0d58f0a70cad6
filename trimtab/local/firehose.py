"""Firehose: takes records durably, buffers them as the stream's hints say, and puts them into S3 as one object.

moto keeps the streams; puts and delivery are here, since moto would write an object for each put.
"""

import base64
import binascii
import gzip
import json
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from trimtab.local.clock import Clock
from trimtab.local.faults import Faults
from trimtab.local.firehose_prefix import object_key
from trimtab.local.firehose_spool import Spool, arrival_ms, identity, records
from trimtab.local.http_message import Request, Response
from trimtab.local.journal import Journal
from trimtab.local.moto_app import Moto

RECORD_LIMIT = 1_024_000
BATCH_RECORDS, BATCH_BYTES = 500, 4 * 1024 * 1024
TICK_S = 0.25
PUTS = frozenset({"PutRecord", "PutRecordBatch"})
COMPRESSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz"}


class FirehoseError(Exception):
    """An error answer of the Firehose API."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class Firehose:
    """`answer` takes PutRecord and PutRecordBatch; a thread delivers; `flush` delivers all at once."""

    def __init__(
        self, folder: Path, journal: Journal, moto: Moto, faults: Faults, clock: Clock, account: str, region: str
    ) -> None:
        self._folder, self._journal, self._faults, self._region = folder, journal, faults, region
        self._moto, self._clock, self._account = moto, clock, account
        self._spools: dict[str, Spool] = {path.name: Spool(path) for path in folder.iterdir() if path.is_dir()}
        self._lock = threading.Lock()
        self._delivering = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="firehose", daemon=True)

    def start(self) -> None:
        """Deliver what an earlier run left, then as buffers fill."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver everything and end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self.flush()

    def answer(self, operation: str, request: Request) -> Response:
        """The answer to a put."""
        try:
            asked = json.loads(request.body)
            name = asked["DeliveryStreamName"]
            destination = self._destination(name)
            body = self._put(name, destination, asked, batch=operation == "PutRecordBatch")
        except FirehoseError as error:
            return _json(error.status, {"__type": error.code, "message": str(error)})
        except (ValueError, KeyError, TypeError) as error:
            return _json(400, {"__type": "SerializationException", "message": f"malformed: {error!r}"})
        return _json(200, body)

    def flush(self) -> int:
        """Put all that is buffered into S3 now; returns how many objects that were."""
        with self._lock:
            spools = dict(self._spools)
        for spool in spools.values():
            spool.roll()
        return sum(self._deliver(name, spool) for name, spool in spools.items())

    def deliver_due(self) -> None:
        """Put into S3 what is old or large enough by the clock."""
        with self._lock:
            spools = dict(self._spools)
        for name, spool in spools.items():
            try:
                destination = self._destination(name)
                spool.roll_if(self._clock.now_ms(), _interval_ms(destination), _limit(destination))
                self._deliver(name, spool)
            except FirehoseError:
                continue  # the stream is gone: what it held waits for it
            except Exception:
                traceback.print_exc(file=sys.stderr)

    def _put(self, name: str, destination: dict[str, Any], asked: dict[str, Any], batch: bool) -> dict[str, Any]:
        data = [_data(record) for record in (asked["Records"] if batch else [asked["Record"]])]
        if not data:
            raise FirehoseError("ValidationException", "Records must hold 1 record at least")
        if len(data) > BATCH_RECORDS:
            raise FirehoseError("ValidationException", f"Records must hold {BATCH_RECORDS} records at most")
        if sum(map(len, data)) > BATCH_BYTES and batch:
            raise FirehoseError("InvalidArgumentException", "Records size exceeds 4 MB limit")
        fault = self._faults.next_put()
        if fault.fails:
            raise FirehoseError("ServiceUnavailableException", "Service unavailable", 503)
        taken = data[::2] if fault.partial and batch else data
        size = self._spool(name).put(taken, self._clock.now_ms())
        if size >= _limit(destination):
            self._spool(name).roll_if(0, 2**62, _limit(destination))
        fault.wait()
        if not batch:
            return {"RecordId": _record_id(), "Encrypted": False}
        refused = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Service unavailable"}
        answers = [refused if fault.partial and index % 2 else {"RecordId": _record_id()} for index in range(len(data))]
        return {"FailedPutCount": len(data) - len(taken), "Encrypted": False, "RequestResponses": answers}

    def _destination(self, name: str) -> dict[str, Any]:
        stream = self._moto.backend("firehose", self._account, self._region).delivery_streams.get(name)
        if stream is None:
            message = f"Firehose {name} under account {self._account} not found."
            raise FirehoseError("ResourceNotFoundException", message)
        first = stream.destinations[0]
        destination: dict[str, Any] = first.get("ExtendedS3") or first.get("S3")
        return {**destination, "_version": stream.version_id}

    def _spool(self, name: str) -> Spool:
        spool = self._spools.get(name)
        if spool is None:
            with self._lock:
                spool = self._spools.setdefault(name, Spool(self._folder / name))
        return spool

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_S):
            self.deliver_due()

    def _deliver(self, name: str, spool: Spool) -> int:
        with self._delivering:
            paths = spool.closed()
            for path in paths:
                self._deliver_file(name, path)
            return len(paths)

    def _deliver_file(self, name: str, path: Path) -> None:
        data = b"".join(records(path))
        if data:
            destination = self._destination(name)
            compression = destination.get("CompressionFormat") or "UNCOMPRESSED"
            extension = destination.get("FileExtension") or COMPRESSIONS[compression]
            arrived = datetime.fromtimestamp(arrival_ms(path) / 1000, UTC)
            prefix = destination.get("Prefix") or ""
            key = object_key(prefix, name, destination["_version"], arrived, identity(path), extension)
            body = gzip.compress(data, 6, mtime=0) if compression == "GZIP" else data
            self._put_object(destination["BucketARN"].rpartition(":")[2], key, body)
        path.unlink()

    def _put_object(self, bucket: str, key: str, body: bytes) -> None:
        target = f"/{bucket}/{quote(key)}"
        if self._journal.call(self._s3("HEAD", target)).status == 200:
            return  # delivered by a run that was killed before it could remove the spool file
        response = self._journal.call(self._s3("PUT", target, body))
        if response.status >= 300:
            raise FirehoseError("InternalFailure", f"S3 answered {response.status} for s3://{bucket}/{key}", 500)

    def _s3(self, method: str, target: str, body: bytes = b"") -> Request:
        scope = f"AWS4-HMAC-SHA256 Credential={self._account}/20130101/{self._region}/s3/aws4_request"
        headers = [
            ("Host", "127.0.0.1"),
            ("Authorization", f"{scope}, SignedHeaders=host, Signature=0"),
            ("Content-Type", "application/octet-stream"),
        ]
        return Request(method, target, headers, body)


def _data(record: dict[str, Any]) -> bytes:
    try:
        data = base64.b64decode(record["Data"], validate=True)
    except binascii.Error:
        raise FirehoseError("SerializationException", "Data is no base64") from None
    if len(data) > RECORD_LIMIT:
        message = f"Value at 'record.data' failed to satisfy constraint: Member must have length <= {RECORD_LIMIT}"
        raise FirehoseError("ValidationException", f"1 validation error detected: {message}")
    return data


def _limit(destination: dict[str, Any]) -> int:
    return int((destination.get("BufferingHints") or {}).get("SizeInMBs", 5)) * 1024 * 1024


def _interval_ms(destination: dict[str, Any]) -> int:
    return int((destination.get("BufferingHints") or {}).get("IntervalInSeconds", 300)) * 1000


def _record_id() -> str:
    return (uuid4().hex * 7)[:220]


def _json(status: int, body: dict[str, Any]) -> Response:
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", str(uuid4()))]
    return Response(status, json.dumps(body).encode(), headers)
