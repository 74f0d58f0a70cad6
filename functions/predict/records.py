"""Builds a request's record and sees to it that it is stored before the client has its answer."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import orjson

from functions.adapters.gateway_request import Request
from functions.adapters.metric_line import metric_line
from functions.domain.errors import RequestTooLargeError
from functions.domain.logged_record import log_lines
from functions.domain.prediction_record import MAX_RECORD_BYTES, SCHEMA_VERSION, Sink

METRIC: Final = "UnacknowledgedRecords"


class Recorder:
    """Records what one release of a model answers."""

    def __init__(self, model: str, model_version: int, release: int, sink: Sink) -> None:
        self._model = model
        self._model_version = model_version
        self._release = release
        self._sink = sink

    def record(
        self,
        request: Request,
        inputs: Mapping[str, list[Any]],
        outputs: Mapping[str, list[Any]],
        flags: list[list[str]],
        latency_us: int,
    ) -> None:
        """Store the record of an answered request; where that fails, write it to the log and count it.

        Raises:
            RequestTooLargeError: a single row is larger than a record may be; nothing is stored.
        """
        document = {
            "v": SCHEMA_VERSION,
            "model": self._model,
            "model_version": self._model_version,
            "release": self._release,
            "request_id": request.id,
            "first_row": 0,
            "time": request.time,
            "client": request.client,
            "inputs": inputs,
            "outputs": outputs,
            "flags": flags,
            "latency_us": latency_us,
            "source": request.source,
        }
        record = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        records = [record] if len(record) <= MAX_RECORD_BYTES else parts(document)
        if failed := self._sink.put(records):
            self._log(request, [records[index] for index in failed])

    def _log(self, request: Request, records: list[bytes]) -> None:
        for record in records:
            first_row = orjson.loads(record)["first_row"]
            for line in log_lines("predictions", record.decode(), request.id, first_row):
                sys.stdout.write(line + "\n")
        sys.stdout.write(metric_line(request.time, {"model": self._model}, {METRIC: len(records)}) + "\n")
        sys.stdout.flush()


def parts(document: dict[str, Any]) -> list[bytes]:
    """A record as several, each with half of the rows (and halves of those) until all are small enough.

    Raises:
        RequestTooLargeError: a single row is too large.
    """
    record = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    if len(record) <= MAX_RECORD_BYTES:
        return [record]
    rows = len(next(iter(document["inputs"].values())))
    if rows == 1:
        raise RequestTooLargeError(
            f"row {document['first_row']} takes {len(record)} bytes in the prediction log; "
            f"at most {MAX_RECORD_BYTES} are allowed: send shorter texts"
        )
    half = rows // 2
    return [
        part
        for first, end in ((0, half), (half, rows))
        for part in parts(
            {
                **document,
                "first_row": document["first_row"] + first,
                "inputs": {name: values[first:end] for name, values in document["inputs"].items()},
                "outputs": {name: values[first:end] for name, values in document["outputs"].items()},
                "flags": document["flags"][first:end],
            }
        )
    ]
