"""A client of ingest, in process: what API Gateway would send, and what it would make of the answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.domain import label_record, observation_record
from functions.domain.contract import Feature, Task
from functions.domain.label_record import LabelRecord
from functions.domain.model_config import EvaluationConfig, ModelConfig
from functions.domain.prediction_id import prediction_id, request_id
from functions.ingest.api import Api
from functions.ingest.calls import Calls
from functions.ingest.delivery import Delivery
from functions.ingest.known_config import KnownConfig
from tests.functions.predict.client import TIME, Answer, MemorySink, event

SENDER = "arn:aws:iam::123456789012:role/labels"
GATEWAY_ID = "0e5f0d3a-57f0-4c41-8a52-77c3a1b0a001"
HOUR = 3_600_000
PREDICTED = TIME - 24 * HOUR
PREDICTION_ID = prediction_id(request_id("c6af9ac6-7b61-4e6f-9a41-93e8deadbeef", PREDICTED), 0)

FEATURES = (
    Feature("age", "float32", min=0, max=120),
    Feature("income", "float32", nullable=True),
    Feature("visits", "int64", min=0, max=1_000),
    Feature("colour", "string", categories=("blue", "green", "red")),
    Feature("member", "bool"),
    Feature("embedding", "float32", size=3),
)
INPUTS: dict[str, Any] = {
    "age": 41.5,
    "income": None,
    "visits": 3,
    "colour": "green",
    "member": True,
    "embedding": [0.25, -0.5, 1],
}
OUTPUTS: dict[Task, dict[str, Any]] = {
    "binary": {"label": True, "probability": 0.75},
    "multiclass": {"label": "hot", "probabilities": {"hot": 0.7, "mild": 0.2, "cold": 0.1}},
    "regression": {"label": 12.5},
}
_JSON = {"Content-Type": "application/json"}
EVALUATE = EvaluationConfig(86_400, 604_800, ("log_loss",), (), 200, 200, 0.5, 0.95, 0.05, 0.05, 0.005, 0.05, 2, 0)


def config_for(task: Task = "binary", **changes: Any) -> ModelConfig:
    positive = True if task == "binary" else None
    return replace(
        ModelConfig("visitors", task, True, FEATURES, "came", positive, 21_600, EVALUATE, about={}), **changes
    )


def observation(task: Task = "binary", **changes: Any) -> dict[str, Any]:
    """A sound observation, with changes; a change to `...` takes the key away."""
    row = {"time": PREDICTED, "version": "v7", "inputs": dict(INPUTS), "prediction": dict(OUTPUTS[task]), **changes}
    return {key: value for key, value in row.items() if value is not ...}


def signed_event(
    method: str, path: str, body: str | bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A proxy event of a method that asked for a signature."""
    identity = {"apiKeyId": None, "userArn": SENDER}
    context = {"requestId": GATEWAY_ID, "requestTimeEpoch": TIME, "identity": identity}
    return event(method, path, body, headers, requestContext=context)


def labels_event(rows: Sequence[Any]) -> dict[str, Any]:
    """A request that brings labels."""
    return signed_event("POST", "/models/visitors/labels", json.dumps({"labels": rows}), _JSON)


class Client:
    """Calls one API."""

    def __init__(self, config: ModelConfig) -> None:
        self.read_config: Callable[[], ModelConfig] = lambda: config
        self.label_sink, self.observation_sink = MemorySink(), MemorySink()
        known = KnownConfig(lambda: self.read_config()).at
        calls = Calls(
            known,
            Delivery("labels", "visitors", self.label_sink),
            Delivery("observations", "visitors", self.observation_sink),
        )
        self.api = Api("visitors", known, calls)

    def send(self, event: Mapping[str, Any]) -> Answer:
        answer = self.api.answer(event)
        assert set(answer) == {"statusCode", "headers", "isBase64Encoded", "body"}
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], dict(answer["headers"]), answer["body"].encode())

    def post(self, call: str, document: Any) -> Answer:
        body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        return self.send(signed_event("POST", f"/models/visitors/{call}", body, _JSON))

    def labels(self, rows: Sequence[Any]) -> Answer:
        return self.post("labels", {"labels": rows})

    def observations(self, rows: Sequence[Any]) -> Answer:
        return self.post("observations", {"observations": rows})

    @property
    def label_records(self) -> list[LabelRecord]:
        return [label_record.parse(line) for line in self.label_sink.lines]

    @property
    def observation_records(self) -> list[observation_record.ObservationRecord]:
        return [observation_record.parse(line) for line in self.observation_sink.lines]


def error_of(answer: Answer) -> str:
    """What is wrong with the one bad row of a request."""
    (rejected,) = answer.json["rejected"]
    return str(rejected["error"])
