"""A stage in memory for snapshots: buckets, a registry with a live version, and a log of labelled traffic."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from functions.adapters.artifacts import Artifacts
from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Change, model_key, release_key
from functions.adapters.table_files import TableFiles
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Contract, Feature, Output
from functions.domain.correction_config import GateConfig, TrainConfig
from functions.domain.dataset import Dataset
from functions.domain.log_table import hour_key
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.release import Release
from functions.domain.release_artifact import MANIFEST, MANIFEST_VERSION, Artifact, open_artifact
from functions.domain.snapshot_manifest import Counts, GoldenFile, SnapshotManifest, TrainingFile, training_key
from functions.domain.training_file import from_bytes, to_bytes
from functions.snapshot.tools import Tools
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.evaluate.tables import model_config, texts, write_rows

DATA, ARTIFACTS, MODEL = "data", "artifacts", "small"
FEATURES = (Feature("size", "float32", nullable=True), Feature("colour", "string"))
FIRST_DAY = datetime(2013, 3, 1, tzinfo=UTC)  # of the log
AT = datetime(2013, 3, 11, tzinfo=UTC)
TRAINED = "2013-02-28T00:00:00Z"


def settings(
    train: Mapping[str, Any] | None = None, gate: Mapping[str, Any] | None = None, **evaluate: Any
) -> ModelConfig:
    """A binary model whose labels mature after six hours."""
    config = model_config(FEATURES, **{"cool_down_s": 86_400, **evaluate})
    few = {"min_labels": 100, **(train or {})}
    return replace(config, train=TrainConfig(**few), gate=GateConfig(**{"min_rows": 100, **(gate or {})}))


def contract(onnx: bytes = b"onnx") -> Contract:
    return Contract(
        model=MODEL,
        task="binary",
        onnx_sha256=digest_of(onnx),
        features=FEATURES,
        outputs=(Output("label", "BOOL"), Output("probabilities", "FP32", (2,))),
        label_output="label",
        probability_output="probabilities",
        classes=(False, True),
        positive=True,
    )


def artifact(snapshot: str | None, seed: int = 1) -> Artifact:
    """An artifact whose lineage names a snapshot."""
    onnx = f"onnx {seed}".encode()
    lineage = {"v": 1, "data": None if snapshot is None else {"snapshot": snapshot}}
    files = {
        "model.onnx": onnx,
        "contract.json": contract(onnx).to_bytes(),
        "lineage.json": canonical_json(lineage).encode(),
        "reference.json": Reference.unknown(MODEL).to_bytes(),
        "witness.json": b'{"v": 1, "rows": [], "outputs": {}}',
    }
    manifest = {"v": MANIFEST_VERSION, "model": MODEL, "files": {n: digest_of(body) for n, body in files.items()}}
    files[MANIFEST] = canonical_json(manifest).encode()
    return open_artifact(MODEL, digest_of(files[MANIFEST]), files)


def first_rows(count: int = 400, last: datetime | None = None, timed: bool = True) -> Dataset:
    """The first training set: February's last days, an hour a row."""
    draw = np.random.default_rng(7)
    newest = np.datetime64((last or FIRST_DAY - timedelta(hours=1)).replace(tzinfo=None), "us")
    time = newest - np.arange(count)[::-1] * np.timedelta64(1, "h")
    size = draw.normal(size=count)
    labels = np.empty(count, dtype=object)
    labels[:] = (size + draw.normal(size=count) > 0).tolist()
    colour = draw.choice(np.array(["red", "blue"], dtype=object), count)
    return Dataset(FEATURES, {"size": size, "colour": colour}, labels, time if timed else None)


class World:
    """`tools` are what a snapshot works with; `running` are the executions that Step Functions says are under way."""

    def __init__(self, folder: Path, config: ModelConfig | None = None, memory_mb: int = 512) -> None:
        self.folder, self.config = folder, config or settings()
        self.s3, self.table = FakeS3(page=50), FakeTable()
        self.running: set[str] = set()
        self.monitoring, self.registry = MonitoringRegistry(self.table), Registry(self.table)
        self.trainings = TrainingRegistry(self.table)
        self.monitoring.configure(self.config, "a deployment", "2013-01-01T00:00:00Z")
        self.artifacts, lake = DataLake(self.s3, ARTIFACTS), DataLake(self.s3, DATA)
        self.tools = Tools(
            registry=self.registry,
            monitoring=self.monitoring,
            trainings=self.trainings,
            references=References(self.artifacts, lake),
            artifacts=self.artifacts,
            files=TableFiles(lake, folder / "cache"),
            still_running=lambda model, execution: execution in self.running,
            memory_mb=memory_mb,
            scratch=folder,
        )

    def deploy(self, first: Dataset | None = None, golden: Dataset | None = None, kept: bool = True) -> None:
        """Make version 1 live; with `kept`, its first training set lies in the bucket as `trimtab deploy` puts it."""
        digest = self._upload(first or first_rows(), golden) if kept else None
        made = artifact(digest)
        version = self.registry.register(made, "tests", TRAINED)
        Artifacts(self.s3, ARTIFACTS).keep(made, version.number)
        self.live(version.number)

    def live(self, version: int) -> None:
        release = Release(MODEL, version + 1, version, "code", "layer", TRAINED, "tested")
        stored = self.table.read(model_key(MODEL))
        assert stored is not None
        record = replace(self.registry.model(MODEL), desired=release.number, live=release.number)
        changes = [
            Change(release_key(MODEL, release.number), release.to_document(), 0),
            Change(stored.key, record.to_document(), stored.revision),
        ]
        self.table.commit(changes, [])

    def _upload(self, first: Dataset, golden: Dataset | None) -> str:
        def kept(body: bytes, suffix: Any) -> str:
            key = training_key(MODEL, digest_of(body), suffix)
            self.s3.objects[ARTIFACTS, key] = body
            return key

        rows = to_bytes(first)
        file = TrainingFile(kept(rows, "npz"), digest_of(rows), len(first), "first")
        frozen = None
        if golden is not None:
            body = to_bytes(golden)
            frozen = GoldenFile(kept(body, "npz"), digest_of(body), len(golden))
        made = SnapshotManifest(MODEL, None, (file,), None, 320, 80, Counts(first=len(first)), 0, golden=frozen)
        kept(made.to_bytes(), "json")
        return digest_of(made.to_bytes())

    def serve(self, start: datetime, rows: int, seed: int = 1, **columns: Any) -> None:
        """A day of traffic in one object, labelled two hours later; `columns` replace the table's."""
        body = _day(start, rows, seed) if not columns else object_of(day_of(start, rows, seed) | columns)
        self.s3.objects[DATA, hour_key(MODEL, start)] = body

    def serve_days(self, days: int = 10, rows: int = 120) -> None:
        for day in range(days):
            self.serve(FIRST_DAY + timedelta(days=day), rows, seed=day)

    def manifest(self, key: str) -> SnapshotManifest:
        return SnapshotManifest.from_bytes(self.s3.objects[ARTIFACTS, key])

    def rows_of(self, file: TrainingFile) -> Dataset:
        return from_bytes(self.s3.objects[ARTIFACTS, file.key], self.config.features)

    def saved(self) -> tuple[Any, ...]:
        """What lies in the buckets and the registry; documents never change, so a shallow copy is one."""
        return dict(self.s3.objects), dict(self.table.items), list(self.table.chain)

    def restore(self, saved: tuple[Any, ...]) -> None:
        self.s3.objects, self.table.items = dict(saved[0]), dict(saved[1])
        self.table.chain = list(saved[2])

    def acts(self) -> list[str]:
        return [json.loads(entry.body)["action"] for entry in self.table.entries()]


def day_of(start: datetime, rows: int, seed: int) -> dict[str, Any]:
    """A day's rows: the score is near the truth's own chance."""
    draw = np.random.default_rng(seed)
    size = draw.normal(size=rows).astype(np.float32)
    score = 1 / (1 + np.exp(-1.5 * size.astype(np.float64)))
    time = np.datetime64(start.replace(tzinfo=None), "ms") + np.arange(rows) * np.timedelta64(86_400_000 // rows, "ms")
    return {
        "id": np.array([f"{start:%Y%m%d}-{row}" for row in range(rows)], dtype=object),
        "time": time,
        "in_size": size,
        "in_colour": draw.choice(np.array(["red", "blue"], dtype=object), rows),
        "prediction": texts(score >= 0.5),
        "score": score,
        "label": texts(draw.random(rows) < score),
        "observed_at": time + np.timedelta64(1, "h"),
        "labelled_at": time + np.timedelta64(2, "h"),
    }


def label_histories(labels: Any, senders: Any) -> Any:
    """The column `labels`: one label a row, with who sent it."""
    pairs = zip(labels, senders, strict=True)
    return np.array([json.dumps([{"label": label, "sender": sender}]) for label, sender in pairs], dtype=object)


@cache
def _day(start: datetime, rows: int, seed: int) -> bytes:
    """Most tests serve the same days."""
    return object_of(day_of(start, rows, seed))


def object_of(columns: Mapping[str, Any]) -> bytes:
    """Rows as an object of the table."""
    with TemporaryDirectory() as folder:
        return write_rows(Path(folder) / "rows.parquet", settings(), columns).read_bytes()
