"""A stage in memory for evaluations: buckets, a registry with a live version, a bus, counts, and days of traffic."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.data_lake import DataLake
from functions.adapters.metric_sums import MetricSums
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Change, model_key, release_key, version_key
from functions.adapters.stage_events import StageEvents
from functions.adapters.table_files import TableFiles
from functions.adapters.table_rows import connect
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Contract, Feature, Output
from functions.domain.log_table import hour_key
from functions.domain.model_config import ModelConfig
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.names import Names
from functions.domain.reference import Reference
from functions.domain.release import Release
from functions.domain.release_artifact import MANIFEST, MANIFEST_VERSION
from functions.domain.windows import Window
from functions.evaluate.evaluation import Tools
from functions.evaluate.first_window import first_window_reference
from functions.evaluate.window_rows import open_views
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.evaluate.tables import model_config, texts, write_rows

DATA, ARTIFACTS = "data", "artifacts"
FEATURES = (Feature("size", "float32", min=-10, max=10, nullable=True), Feature("colour", "string"))
FIRST = datetime(2013, 3, 1, tzinfo=UTC)
COLOURS = np.array(["red", "green", "blue"], dtype=object)


def settings(**evaluate: Any) -> ModelConfig:
    """A binary model that is judged on two days at a time, its labels mature after six hours."""
    shorter = {"window_s": 2 * 86_400, "slices": ["colour"], "consecutive": 1, "cool_down_s": 0, **evaluate}
    slices = shorter.pop("slices")
    return model_config(FEATURES, slices=slices, **shorter)


class FakeEvents:
    """A bus that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.sent += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


class FakeCloudWatch:
    """Sums by metric's name, the same in any window."""

    def __init__(self, sums: Mapping[str, float]) -> None:
        self.sums = sums

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, MetricDataQueries: list[dict[str, Any]], **window: datetime) -> list[dict[str, Any]]:  # noqa: N803
        results = [
            {"Id": query["Id"], "Values": [self.sums.get(query["MetricStat"]["Metric"]["MetricName"], 0.0)]}
            for query in MetricDataQueries
        ]
        return [{"MetricDataResults": results}]


class World:
    """`tools` are what an evaluation works with; `said` are the lines that it printed."""

    def __init__(self, folder: Path, config: ModelConfig, sums: Mapping[str, float] | None = None) -> None:
        self.folder, self.config = folder, config
        self.s3, self.table, self.events, self.said = FakeS3(page=50), FakeTable(), FakeEvents(), list[str]()
        self.monitoring, self.registry = MonitoringRegistry(self.table), Registry(self.table)
        self.monitoring.configure(config, "a deployment", "2013-01-01T00:00:00Z")
        lake = DataLake(self.s3, DATA)
        self.tools = Tools(
            registry=self.registry,
            monitoring=self.monitoring,
            lake=lake,
            files=TableFiles(lake, folder / "cache"),
            references=References(DataLake(self.s3, ARTIFACTS), lake),
            events=StageEvents(self.events, "trimtab-test"),
            sums=MetricSums(FakeCloudWatch(sums or {})),
            names=Names("test", "1", "here"),
            memory_mb=512,
            scratch=folder,
            say=self.said.append,
        )

    def release(self, number: int, reference: Reference) -> None:
        """Register a version with this reference, and make its release live."""
        model = self.config.model
        contract = Contract(
            model=model,
            task="binary",
            onnx_sha256="0" * 64,
            features=self.config.features,
            outputs=(Output("label", "BOOL"), Output("probability", "FP32", (2,))),
            label_output="label",
            probability_output="probability",
            classes=(False, True),
            positive=True,
        )
        files = {"contract.json": contract.to_bytes(), "reference.json": reference.to_bytes()}
        listed = {
            **{name: digest_of(body) for name, body in files.items()},
            **dict.fromkeys(("lineage.json", "model.onnx", "witness.json"), "0" * 64),
        }
        manifest = canonical_json({"v": MANIFEST_VERSION, "model": model, "files": listed}).encode()
        for name, body in {**files, MANIFEST: manifest}.items():
            self.s3.objects[ARTIFACTS, f"artifacts/model={model}/version={number}/{name}"] = body
        digest = digest_of(manifest)
        version = ModelVersion(model, number, digest, "", "", "2013-02-28T00:00:00Z", "tests", "approved")
        release = Release(model, number + 1, number, "code", "layer", "2013-02-28T00:00:00Z", "tested")
        record, stored = model_key(model), self.table.read(model_key(model))
        changes = [
            Change(version_key(model, number), version.to_document(), 0),
            Change(release_key(model, number + 1), release.to_document(), 0),
            Change(
                record,
                ModelRecord(model, number, number + 1, number + 1).to_document(),
                0 if stored is None else stored.revision,
            ),
        ]
        self.table.commit(changes, [])

    def serve(self, start: datetime, days: int, seed: int = 1, **traffic: Any) -> None:
        """Traffic of some days from `start` on, as `compact` leaves it: an object an hour."""
        for hour in range(24 * days):
            begun = start + timedelta(hours=hour)
            self.s3.objects[DATA, hour_key(self.config.model, begun)] = _hour(begun, seed, hour, **traffic)

    def document(self, name: str) -> dict[str, Any]:
        """A JSON object of the data bucket."""
        found: dict[str, Any] = json.loads(self.s3.objects[DATA, name])
        return found


@cache
def _hour(begun: datetime, seed: int, hour: int, **traffic: Any) -> bytes:
    """An hour's object; most tests serve the same ones."""
    rows = traffic_of(begun, np.random.default_rng([seed, hour]), **traffic)
    with TemporaryDirectory() as folder:
        return write_rows(Path(folder) / "rows.parquet", settings(), rows).read_bytes()


def traffic_of(
    begun: datetime,
    draw: np.random.Generator,
    *,
    rows: int = 40,
    version: str = "1",
    shift: float = 0.0,
    wrong: float = 0.0,
    labelled: float = 1.0,
    colours: tuple[float, float, float] = (0.5, 0.3, 0.2),
) -> dict[str, Any]:
    """An hour's rows: the score is the truth's own chance, but `wrong` of the labels are turned round."""
    size = draw.normal(shift, 1.0, rows)
    score = 1 / (1 + np.exp(-(1.5 * size - 0.5)))
    label = (draw.random(rows) < score) ^ (draw.random(rows) < wrong)
    stamp = np.datetime64(begun.replace(tzinfo=None), "ms")
    time = stamp + (np.arange(rows) * 3_600_000 // rows).astype("timedelta64[ms]")
    known = draw.random(rows) < labelled
    size[draw.random(rows) < 0.02] = np.nan
    return {
        "id": _ids(begun, rows),
        "time": time,
        "version": np.full(rows, version, dtype=object),
        "in_size": size.astype(np.float32),
        "in_colour": draw.choice(COLOURS, rows, p=colours),
        "prediction": texts(score >= 0.5),
        "score": score,
        "label": texts([truth if there else None for truth, there in zip(label, known, strict=True)]),
        "observed_at": np.where(known, time + np.timedelta64(1, "h"), np.datetime64("NaT", "ms")),
        "labelled_at": np.where(known, time + np.timedelta64(2, "h"), np.datetime64("NaT", "ms")),
    }


def _ids(begun: datetime, rows: int) -> NDArray[Any]:
    return np.array([f"{begun:%Y%m%d%H}-{row}" for row in range(rows)], dtype=object)


def reference_of_healthy_traffic(folder: Path, config: ModelConfig) -> Reference:
    """What training on ten days of such traffic would have frozen."""
    columns = [traffic_of(FIRST, np.random.default_rng([9, part]), rows=2_000) for part in range(5)]
    joined = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    path = write_rows(folder / "training.parquet", config, joined)
    span = Window(FIRST, FIRST + timedelta(hours=1))
    with connect(1, 512, folder) as con:
        open_views(con, [path], config, span, span)
        made = first_window_reference(con, config, span, "")
    assert made is not None
    return dataclasses.replace(made, source="training")
