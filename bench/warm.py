"""The warm measurement, in one process of the peers' environment: every contender in turn, over and over.

python -m bench.warm GROUND_JSON   → one JSON document on standard output; progress on standard error
"""

import importlib
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
import onnxruntime
import orjson

from bench.events import Event, rows_event, v2_event
from functions.domain.contract import Contract
from functions.predict.settings import Settings
from functions.predict.start import start

TOLERANCE, SPLIT_SHARE = 1e-5, 0.02
ROUNDS = 200
CALLS = {1: {"scikit-learn": 2, "": 20}, 100: {"scikit-learn": 1, "": 6}}  # a round, by number of rows


class MemorySink:
    """Takes every record, keeps the last."""

    def __init__(self) -> None:
        self.last: Sequence[bytes] = ()

    def put(self, records: Sequence[bytes]) -> list[int]:
        self.last = records
        return []

    def warm_up(self) -> None:
        """Nothing to connect to."""

    def reset(self) -> None:
        """Nothing to forget."""


@dataclass
class Contender:
    """`calls` are ready to be made; `probabilities` reads an answer of theirs for the check that all agree."""

    name: str
    calls: list[Callable[[], Any]]
    probabilities: Callable[[Any], list[float]]
    nanoseconds: list[int] = field(default_factory=list)


def main(ground_file: str) -> None:
    ground = json.loads(Path(ground_file).read_text())
    os.environ.update({"MODEL_DIR": ground["model"], "PIPELINE": ground["pipeline"], "AWS_DEFAULT_REGION": "us-east-1"})
    random.seed(0)
    results = {}
    for rows in (1, 100):
        contenders = _contenders(ground, rows)
        _check(contenders)
        _measure(contenders, rows)
        results[str(rows)] = {contender.name: sorted(contender.nanoseconds) for contender in contenders}
    json.dump(results, sys.stdout)


def _contenders(ground: dict[str, Any], size: int) -> list[Contender]:
    contract = Contract.from_document(orjson.loads((Path(ground["model"]) / "contract.json").read_bytes()))
    batches = [ground["rows"][first : first + size] for first in range(0, len(ground["rows"]), size)][:100]
    v2, named = [v2_event(batch, contract) for batch in batches], [rows_event(batch) for batch in batches]
    minimal = importlib.import_module("bench.peers.minimal")
    api = start(_settings(ground), lambda settings: MemorySink())
    return [
        Contender("session.run", _runs(minimal.session, v2), lambda answer: [float(p) for p in answer[1][:, 1]]),
        Contender("minimal", _calls(minimal.handler, v2), _v2_probabilities),
        Contender("trimtab", _calls(lambda event, context: api.answer(event), v2), _v2_probabilities),
        Contender(
            "fastapi", _calls(importlib.import_module("bench.peers.fastapi_mangum").handler, named), _row_probabilities
        ),
        Contender(
            "scikit-learn",
            _calls(importlib.import_module("bench.peers.scikit_learn").handler, named),
            _row_probabilities,
        ),
    ]


def _settings(ground: dict[str, Any]) -> Settings:
    return Settings(
        model="flights",
        stream="predictions",
        region="us-east-1",
        model_dir=Path(ground["model"]),
        model_version=1,
        contract_sha256=ground["contract_sha256"],
        release=1,
        snap_start=False,
    )


def _calls(handler: Callable[[Event, Any], Any], events: list[Event]) -> list[Callable[[], Any]]:
    return [lambda event=event: handler(event, None) for event in events]  # type: ignore[misc]  # mypy cannot infer defaults


def _runs(session: onnxruntime.InferenceSession, events: list[Event]) -> list[Callable[[], Any]]:
    """The bare session on tensors that are ready."""
    import base64

    dtypes = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": np.object_}
    types = {tensor.name: dtypes[tensor.type] for tensor in session.get_inputs()}
    prepared = []
    for event in events:
        tensors = orjson.loads(base64.b64decode(event["body"]))["inputs"]
        prepared.append({t["name"]: np.array(t["data"], types[t["name"]]).reshape(t["shape"]) for t in tensors})
    return [lambda feeds=feeds: session.run(None, feeds) for feeds in prepared]  # type: ignore[misc]  # as above


def _v2_probabilities(answer: Any) -> list[float]:
    assert answer["statusCode"] == 200, answer
    probabilities = orjson.loads(answer["body"])["outputs"][1]["data"]
    return [float(p) for p in probabilities[1::2]]


def _row_probabilities(answer: Any) -> list[float]:
    assert answer["statusCode"] == 200, answer
    return [prediction["probability"] for prediction in orjson.loads(answer["body"])["predictions"]]


def _check(contenders: list[Contender]) -> None:
    """All contenders answer the same to each of the events; this also warms them up.

    scikit-learn computes in double precision: a row that lies on a split may fall on its other side.
    """
    answers = {c.name: np.array([p for call in c.calls for p in c.probabilities(call())]) for c in contenders}
    for name, answer in answers.items():
        apart = np.abs(answer - answers["session.run"]) > TOLERANCE
        if np.mean(apart) > (SPLIT_SHARE if name == "scikit-learn" else 0):
            raise SystemExit(f"{name} answers {apart.sum()} of {len(apart)} rows otherwise than the bare session")


def _measure(contenders: list[Contender], rows: int) -> None:
    for number in range(ROUNDS):
        if number % 20 == 0:
            print(f"warm, {rows} rows: {100 * number // ROUNDS} %", file=sys.stderr, flush=True)
        random.shuffle(contenders)
        for contender in contenders:
            count = CALLS[rows].get(contender.name) or CALLS[rows][""]
            for turn in range(count):
                call = contender.calls[(number * count + turn) % len(contender.calls)]
                began = perf_counter_ns()
                call()
                contender.nanoseconds.append(perf_counter_ns() - began)


if __name__ == "__main__":
    main(sys.argv[1])
