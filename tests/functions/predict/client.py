"""A client of the handler, in process: what API Gateway would send, and what it would make of the answer."""

import base64
import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from functions.domain.prediction_record import PredictionRecord, parse
from functions.predict.api import Api
from functions.predict.settings import Settings
from functions.predict.start import start

RELEASE, MODEL_VERSION = 7, 3
GATEWAY_ID = "c6af9ac6-7b61-4e6f-9a41-93e8deadbeef"
TIME = 1_370_088_000_000
REQUEST_ID = "013eff9b-ca00-7e6f-9a41-93e8deadbeef"  # the same, with its time


class MemorySink:
    """Keeps records; loses those whose numbers are in `losing`."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.losing: set[int] = set()
        self.calls: list[str] = []
        self.warm = Event()

    @property
    def records(self) -> list[PredictionRecord]:
        return [parse(line) for line in self.lines]

    def put(self, records: Sequence[bytes]) -> list[int]:
        lost = [index for index in range(len(records)) if index in self.losing]
        self.lines += [record for index, record in enumerate(records) if index not in lost]
        return lost

    def warm_up(self) -> None:
        self.calls.append("warm_up")
        self.warm.set()

    def reset(self) -> None:
        self.calls.append("reset")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


def event(
    method: str,
    path: str,
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A REST proxy event. A body of bytes is base64-encoded, as the gateway does with every body; text is passed on."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers) if headers else None,
        "pathParameters": None,
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
        "requestContext": {
            "requestId": GATEWAY_ID,
            "requestTimeEpoch": TIME,
            "identity": {"apiKeyId": "key-1", "userArn": None},
        },
        **more,
    }


class Client:
    """Calls one API."""

    def __init__(self, api: Api, sink: MemorySink) -> None:
        self.api = api
        self.sink = sink

    def send(self, event: Mapping[str, Any]) -> Answer:
        answer = self.api.answer(event)
        assert set(answer) == {"statusCode", "headers", "isBase64Encoded", "body"}
        body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        return Answer(answer["statusCode"], dict(answer["headers"]), body)

    def get(self, path: str) -> Answer:
        return self.send(event("GET", path))

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        if not isinstance(body, str | bytes):
            body, headers = (
                json.dumps(body, ensure_ascii=False).encode(),
                headers or {"Content-Type": "application/json"},
            )
        return self.send(event("POST", path, body, headers))

    def infer(self, inputs: Sequence[Mapping[str, Any]], **more: Any) -> Answer:
        return self.post("/v2/models/visitors/infer", {"inputs": inputs, **more})

    def predict(self, rows: Any) -> Answer:
        return self.post("/models/visitors/predict", {"rows": rows})


def settings_for(folder: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "model": "visitors",
        "stream": "predictions",
        "region": "us-east-1",
        "model_dir": folder,
        "model_version": MODEL_VERSION,
        "contract_sha256": hashlib.sha256((folder / "contract.json").read_bytes()).hexdigest(),
        "release": RELEASE,
        "snap_start": False,
    }
    return Settings(**{**values, **changes})


def client_for(settings: Settings) -> Client:
    sink = MemorySink()
    return Client(start(settings, lambda _: sink), sink)


_DATATYPES = {"age": "FP32", "income": "FP32", "visits": "INT64", "serial": "INT64", "level": "INT64"}
_DATATYPES |= {"colour": "BYTES", "note": "BYTES", "member": "BOOL", "embedding": "FP32"}


def tensors(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as the protocol's JSON tensors, flat."""
    inputs = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        size = len(values[0]) if isinstance(values[0], list) else 1
        data = [element for value in values for element in value] if isinstance(values[0], list) else values
        inputs.append({"name": name, "shape": [len(rows), size], "datatype": _DATATYPES[name], "data": data})
    return inputs


def packed(rows: Sequence[Mapping[str, Any]], **more: Any) -> tuple[bytes, dict[str, str]]:
    """Rows as a client packs them, all tensors binary; body and headers."""
    formats = {"FP32": "f", "INT64": "q", "BOOL": "?"}
    inputs, blobs = [], []
    for tensor in tensors(rows):
        values, datatype = tensor.pop("data"), tensor["datatype"]
        if datatype == "BYTES":
            blob = b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in values)
        else:
            floats = [math.nan if value is None else value for value in values]
            blob = struct.pack(f"<{len(values)}{formats[datatype]}", *floats)
        inputs.append({**tensor, "parameters": {"binary_data_size": len(blob)}})
        blobs.append(blob)
    head = json.dumps({"inputs": inputs, **more}).encode()
    return head + b"".join(blobs), {"Inference-Header-Content-Length": str(len(head))}


def unpacked(answer: Answer) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A binary answer's JSON object, and its tensors' bytes by name."""
    end = int(answer.headers["Inference-Header-Content-Length"])
    head, at, blobs = json.loads(answer.body[:end]), end, {}
    for output in head["outputs"]:
        if size := output.get("parameters", {}).get("binary_data_size"):
            blobs[output["name"]] = answer.body[at : at + size]
            at += size
    assert at == len(answer.body)
    return head, blobs
