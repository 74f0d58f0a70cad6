"""A stage in memory for the gate: a real small model is live, and real candidates are fitted on real snapshots."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from functions.adapters.candidate_judge import judge
from functions.adapters.data_lake import DataLake
from functions.adapters.model_folder import load_settings
from functions.adapters.stage_events import StageEvents
from functions.domain.candidate import Candidate, candidate_digest, candidate_prefix
from functions.domain.canonical_json import digest_of
from functions.domain.dataset import Dataset
from functions.domain.holdout import Split, split_of
from functions.domain.log_table import hour_key
from functions.domain.model_config import ModelConfig
from functions.domain.release_artifact import MANIFEST, Artifact, open_artifact
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.domain.training_file import from_bytes
from functions.gate.gate import gate
from functions.gate.request import GateRequest
from functions.gate.tools import Tools
from functions.gate.versions import Versions
from functions.retrain.first_snapshot import Snapshot, first_snapshot
from functions.retrain.fitting import fit
from functions.snapshot.request import SnapshotRequest
from functions.snapshot.snapshot import snapshot
from tests.contract.fake_kms import FakeKms
from tests.functions.evaluate.tables import texts
from tests.functions.evaluate.worlds import FakeEvents
from tests.functions.register.registering import Registering, register_tools
from tests.functions.snapshot.worlds import (
    ARTIFACTS,
    DATA,
    FEATURES,
    FIRST_DAY,
    MODEL,
    TRAINED,
    World,
    day_of,
    object_of,
)
from tests.unit.folders import write_folder

NOW, EXECUTION = "2013-03-11T00:00:00Z", "run-1"
SETTINGS = """
[model]
name = "small"
task = "binary"
[features.size]
type = "float32"
nullable = true
[features.colour]
type = "string"
[label]
name = "truth"
positive = true
[train]
estimator = "estimator:build"
"""
ESTIMATOR = """
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

def build():
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("colour", encode, [1])], remainder="passthrough")
    trees = HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=6, random_state=0)
    return Pipeline([("columns", columns), ("trees", trees)])
"""


def chances(size: Any, colour: Any, red: float) -> Any:
    """How probable the label is; `red` is what the colour adds: 0 before March, and more when the world has changed."""
    return 1 / (1 + np.exp(-(1.5 * np.asarray(size, dtype=np.float64) + red * np.where(colour == "red", 1, -1))))


def rows_of(count: int, red: float, seed: int, last: datetime = FIRST_DAY - timedelta(hours=1)) -> Dataset:
    """Rows an hour apart, the newest at `last`."""
    draw = np.random.default_rng(seed)
    time = np.datetime64(last.replace(tzinfo=None), "us") - np.arange(count)[::-1] * np.timedelta64(1, "h")
    size, colour = draw.normal(size=count), draw.choice(np.array(["red", "blue"], dtype=object), count)
    labels = np.empty(count, dtype=object)
    labels[:] = (draw.random(count) < chances(size, colour, red)).tolist()
    return Dataset(FEATURES, {"size": size, "colour": colour}, labels, time)


@cache
def folder() -> Path:
    """The model's folder, the same for all tests of a session."""
    kept = TemporaryDirectory()
    _FOLDERS.append(kept)
    return write_folder(Path(kept.name), SETTINGS, estimator=ESTIMATOR)


_FOLDERS: list[TemporaryDirectory[str]] = []


@cache
def by_hand(red: float = 0.0, golden_red: float | None = None) -> tuple[Snapshot, Artifact]:
    """A version as `trimtab train` makes it, of February."""
    golden = None if golden_red is None else rows_of(300, golden_red, seed=8)
    made = first_snapshot(rows_of(1_500, red, seed=7), golden, load_settings(folder()), folder())
    return made, artifact_of(fitted(made.parts, made.digest), made.parts)


def fitted(parts: Split, digest: str) -> Candidate:
    return fit(folder(), load_settings(folder()), parts, digest, lambda _: None)


def artifact_of(candidate: Candidate, parts: Split) -> Artifact:
    files = judge(Candidate.from_files(candidate.to_files()), parts, lambda _: None).files
    return open_artifact(MODEL, digest_of(files[MANIFEST]), files)


_CANDIDATES: dict[tuple[str, str], Candidate] = {}


@cache
def _day(start: datetime, rows: int, red: float, seed: int, every: int) -> bytes:
    """Most tests serve the same days."""
    return _body(start, rows, red, seed, every, {})


def _body(start: datetime, rows: int, red: float, seed: int, every: int, columns: Mapping[str, Any]) -> bytes:
    table = day_of(start, rows, seed)
    chance = chances(table["in_size"], table["in_colour"], red)
    labels = texts(np.random.default_rng([seed, 5]).random(rows) < chance)
    labels[np.arange(rows) % every != 0] = None
    return object_of({**table, "label": labels, **columns})


class GateWorld:
    """`stage` is the world of snapshots; `tools` are what the gate works with."""

    def __init__(self, path: Path, config: ModelConfig) -> None:
        self.stage = World(path, config)
        self.s3, self.registry, self.trainings = self.stage.s3, self.stage.registry, self.stage.trainings
        self.bus, self.kms = FakeEvents(), FakeKms()
        self.tools = self.fresh_tools()

    def fresh_tools(self) -> Tools:
        """What a cold process works with."""
        stage = self.stage
        return Tools(
            registry=stage.registry,
            monitoring=stage.monitoring,
            trainings=stage.trainings,
            references=stage.tools.references,
            versions=Versions(stage.registry, stage.tools.references),
            registering=Registering(register_tools(stage.table, stage.s3, ARTIFACTS, self.kms)),
            bucket=DataLake(stage.s3, ARTIFACTS),
            files=stage.tools.files,
            events=StageEvents(self.bus, "trimtab-test"),
            memory_mb=512,
            scratch=stage.folder,
        )

    def deploy(self, red: float = 0.0, golden_red: float | None = None, live: bool = True) -> None:
        """A version by hand is registered, with its snapshot in the bucket, and live."""
        made, artifact = by_hand(red, golden_red)
        for name, body in made.files.items():
            self.s3.objects[ARTIFACTS, f"training/model={MODEL}/{name}"] = body
        self.add(artifact, live=live)

    def add(self, artifact: Artifact, live: bool = False) -> int:
        number = self.registry.register(artifact, "tests", TRAINED).number
        register_tools(self.stage.table, self.s3, ARTIFACTS, self.kms).versions.keep(artifact, number)
        if live:
            self.stage.live(number)
        return number

    def serve(self, days: int = 10, rows: int = 150, red: float = 1.5) -> None:
        """March's traffic, in which the colour counts."""
        for day in range(days):
            self.serve_day(FIRST_DAY + timedelta(days=day), rows, red, seed=day)

    def serve_day(self, start: datetime, rows: int, red: float, seed: int, every: int = 1, **columns: Any) -> None:
        """One day, of which the label of each row, or of every second one, has come."""
        body = _day(start, rows, red, seed, every) if not columns else _body(start, rows, red, seed, every, columns)
        self.s3.objects[DATA, hour_key(MODEL, start)] = body

    def snapshot(self, execution: str = EXECUTION, at: str = NOW) -> str:
        event = {"model": MODEL, "cause": "person", "by": "ann", "time": at, "execution": execution}
        answer = snapshot(SnapshotRequest.from_event(event), self.stage.tools)
        assert answer["decision"] == "ready", answer
        key: str = answer["snapshot"]
        return key

    def parts(self, key: str) -> Split:
        manifest = SnapshotManifest.from_bytes(self.s3.objects[ARTIFACTS, key])
        read = [from_bytes(self.s3.objects[ARTIFACTS, file.key], FEATURES) for file in manifest.files]
        return split_of(manifest, read)

    def candidate(self, key: str, kind: str = "honest") -> Candidate:
        """What `retrain` makes of a snapshot; of kind `flipped` it learnt the opposite."""
        if (key, kind) not in _CANDIDATES:
            parts = self.parts(key)
            if kind == "flipped":
                labels = np.array([not label for label in parts.fit.labels], dtype=object)
                parts = Split(replace(parts.fit, labels=labels), parts.holdout)
            _CANDIDATES[key, kind] = fitted(parts, digest_of(self.s3.objects[ARTIFACTS, key]))
        return _CANDIDATES[key, kind]

    def put(self, candidate: Candidate) -> str:
        files = candidate.to_files()
        prefix = candidate_prefix(MODEL, candidate_digest(files))
        for name, body in files.items():
            self.s3.objects[ARTIFACTS, prefix + name] = body
        return prefix

    def request(self, kind: str = "honest", execution: str = EXECUTION, at: str = NOW) -> GateRequest:
        """A snapshot is taken, a candidate fitted: the gate is next."""
        key = self.snapshot(execution, at)
        prefix = self.put(self.candidate(key, kind))
        event = {"model": MODEL, "time": at, "execution": execution, "snapshot": key, "candidate": prefix}
        return GateRequest.from_event(event)

    def judge(self, request: GateRequest, tools: Tools | None = None) -> dict[str, Any]:
        return gate(request, tools or self.tools, lambda _: None)

    def decision(self, execution: str = EXECUTION) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.s3.objects[ARTIFACTS, f"gates/model={MODEL}/{execution}.json"])
        return found

    def check(self, name: str, execution: str = EXECUTION) -> Mapping[str, Any]:
        return next(check for check in self.decision(execution)["checks"] if check["name"] == name)
