"""A data lake to compact in: strict fakes, a small model, and the table read back."""

import atexit
import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import LogEvent, Logs, LogSearch
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.compact.compaction import Tools, compact
from functions.compact.connection import connect
from functions.compact.contracts import Contracts
from functions.compact.request import CompactRequest
from functions.domain.contract import Contract, Feature, Output
from functions.domain.log_table import hour_key, model_prefix
from functions.domain.model_config import ModelConfig
from functions.domain.names import Names, RecordKind
from functions.domain.prediction_id import request_id
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.evaluate.tables import model_config

MODEL, DATA, ARTIFACTS = "small", "trimtab-test-data", "trimtab-test-artifacts"
NAMES = Names("test", account="", region="")
PREDICT, INGEST = NAMES.function("predict", MODEL), NAMES.function("ingest", MODEL)
NOON = 1_362_139_200_000  # 2013-03-01T12:00:00Z
HOUR = 3_600_000
TIME = "2013-03-01T13:05:00Z"
_NUMBERS = count(1)

FEATURES = (
    Feature("distance", "float32", nullable=True),
    Feature("hour", "int64"),
    Feature("carrier", "string", nullable=True),
    Feature("delayed before", "bool"),
    Feature("wind", "float32", size=2),
)
CONTRACT = Contract(
    model=MODEL,
    task="binary",
    onnx_sha256="0" * 64,
    features=FEATURES,
    outputs=(Output("label", "BOOL"), Output("probabilities", "FP32", (2,))),
    label_output="label",
    probability_output="probabilities",
    classes=(False, True),
    positive=True,
)


@cache
def connection() -> duckdb.DuckDBPyConnection:
    opened = connect(512, Path(tempfile.mkdtemp()))
    atexit.register(opened.close)
    return opened


class FakeLogs:
    """CloudWatch Logs, as `FunctionLogs` searches them; `now_ms` is CloudWatch's clock."""

    def __init__(self) -> None:
        self.events: dict[str, list[LogEvent]] = {}
        self.now_ms = NOON
        self.searched: list[tuple[str, int]] = []

    def write(self, function: str, *lines: str, time_ms: int | None = None) -> None:
        at = self.now_ms if time_ms is None else time_ms
        self.events.setdefault(function, []).extend(LogEvent(f"e{next(_NUMBERS)}", at, line) for line in lines)

    def search(self, function: str, words: Sequence[str], since_ms: int) -> LogSearch:
        self.searched.append((function, since_ms))
        found = [
            event
            for event in self.events.get(function, [])
            if event.time_ms >= since_ms and any(word in event.text for word in words)
        ]
        return LogSearch(sorted(found, key=lambda event: event.time_ms), self.now_ms)


class World:
    """`s3`, `logs` and `table` may be looked at, and changed, at any time."""

    def __init__(self, config: ModelConfig | None = None) -> None:
        self.s3, self.table, self.logs = FakeS3(page=7), FakeTable(), FakeLogs()
        self.said: list[str] = []
        self.configure(config or model_config(FEATURES))
        self.register(1, CONTRACT)

    def configure(self, config: ModelConfig) -> None:
        MonitoringRegistry(self.table).configure(config, "a deployment", "2013-01-01T00:00:00Z")

    def register(self, version: int, contract: Contract) -> None:
        key = f"artifacts/model={MODEL}/version={version}/contract.json"
        self.s3.put_object(ARTIFACTS, key, contract.to_bytes())

    def tools(self, s3: Any = None, logs: Logs | None = None) -> Tools:
        """Tools on this world, or on these watched parts of it."""
        s3 = s3 or self.s3
        return Tools(
            monitoring=MonitoringRegistry(self.table),
            lake=DataLake(s3, DATA),
            contracts=Contracts(DataLake(s3, ARTIFACTS)),
            logs=logs or self.logs,
            names=NAMES,
            con=connection(),
            scratch=Path(tempfile.gettempdir()),
            pause=lambda seconds: None,
            say=self.said.append,
        )

    def arrive(self, kind: RecordKind, *records: Mapping[str, Any] | bytes, at: int = NOON, name: str = "") -> str:
        """A raw object of these records, as Firehose writes them; returns its name."""
        arrived = datetime.fromtimestamp(at / 1000, UTC)
        name = name or f"{arrived:%Y/%m/%d/%H}/trimtab-1-{arrived:%Y-%m-%d-%H-%M-%S}-{next(_NUMBERS):06d}.gz"
        self.s3.put_object(DATA, f"raw/{kind}/model={MODEL}/{name}", gzip.compress(b"".join(map(line_of, records))))
        return name

    def compact(self, tools: Tools | None = None, time: str = TIME, **event: str) -> dict[str, Any]:
        """One run, with all the time that it wants."""
        request = CompactRequest.from_event({"model": MODEL, "time": time, **event})
        return compact(request, tools or self.tools(), lambda: 900.0)

    def hours(self) -> dict[str, bytes]:
        """The table's objects by key."""
        prefix = model_prefix(MODEL)
        return {k: body for (bucket, k), body in self.s3.objects.items() if bucket == DATA and k.startswith(prefix)}

    def rows(self) -> dict[str, dict[str, Any]]:
        """All rows of the table by id. Each id must be there once, in its own hour, in the order of time."""
        rows: dict[str, dict[str, Any]] = {}
        for key, body in self.hours().items():
            for row in read_parquet(body):
                assert row["id"] not in rows
                assert row["time"] is None or hour_key(MODEL, row["time"]) == key
                rows[row["id"]] = row
        return rows

    def set_aside(self) -> dict[str, list[dict[str, Any]]]:
        """What was set aside, by its object's key."""
        return {
            key: [json.loads(line) for line in body.splitlines()]
            for (_, key), body in self.s3.objects.items()
            if key.startswith("rejected/")
        }


def read_parquet(body: bytes) -> list[dict[str, Any]]:
    """The rows of a file."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(body)
        file.flush()
        with duckdb.connect() as con:
            found = con.execute(f"select * from '{file.name}'")
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def line_of(record: Mapping[str, Any] | bytes) -> bytes:
    return record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n"


def moment(time_ms: int) -> datetime:
    """As DuckDB gives a time of the table."""
    return datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)


def prediction(time: int = NOON, rows: int = 1, *, number: int | None = None, **changes: Any) -> dict[str, Any]:
    """A prediction record of `rows` rows, all of one request."""
    number = next(_NUMBERS) if number is None else number
    return {
        "v": 1,
        "model": MODEL,
        "model_version": 1,
        "release": 4,
        "request_id": request_id(f"request {number}", time),
        "first_row": 0,
        "time": time,
        "client": "key-1",
        "inputs": {
            "distance": [1.5 * row for row in range(rows)],
            "hour": [number + row for row in range(rows)],
            "carrier": ["UA"] * rows,
            "delayed before": [True] * rows,
            "wind": [[1.0, float(row)] for row in range(rows)],
        },
        "outputs": {"label": [True] * rows, "probabilities": [[0.25, 0.75]] * rows},
        "flags": [],
        "latency_us": 1_200,
        "source": "api",
        **changes,
    }


def ids_of(record: Mapping[str, Any]) -> list[str]:
    rows = len(next(iter(record["inputs"].values())))
    return [f"{record['request_id']}-{record['first_row'] + row}" for row in range(rows)]


def labels(
    *of: tuple[str, Any], observed_at: int = NOON + HOUR, time: int = NOON + HOUR, **changes: Any
) -> dict[str, Any]:
    """A label record: pairs of prediction id and label."""
    return {
        "v": 1,
        "model": MODEL,
        "request_id": "labels",
        "time": time,
        "sender": "arn:aws:iam::123456789012:user/airport",
        "prediction_ids": [prediction for prediction, _ in of],
        "labels": [label for _, label in of],
        "observed_at": [observed_at] * len(of),
        "predicted_at": [None] * len(of),
        **changes,
    }


def observation(*ids: str, time: int = NOON, **changes: Any) -> dict[str, Any]:
    """An observation record of predictions made elsewhere."""
    rows = len(ids)
    return {
        "v": 1,
        "model": MODEL,
        "request_id": "observations",
        "time": time + HOUR,
        "sender": "arn:aws:iam::123456789012:user/plane",
        "ids": list(ids),
        "times": [time] * rows,
        "versions": ["2013-02"] * rows,
        "inputs": prediction(time, rows)["inputs"],
        "predictions": ["true"] * rows,
        "scores": [0.5] * rows,
        "probabilities": [None] * rows,
        "flags": [],
        **changes,
    }
