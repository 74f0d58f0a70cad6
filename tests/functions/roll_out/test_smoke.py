"""The smoke test against the real `predict`, started from the very layer that was published."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from functions.bootstrap.alias import ensure_live
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Task
from functions.domain.errors import SmokeTestError
from functions.domain.release_artifact import MANIFEST, MANIFEST_VERSION, Artifact, lambda_sha256, open_artifact
from functions.predict.settings import Settings
from functions.predict.start import start
from tests.contract.fake_lambda import FakeLambda
from tests.functions.predict.client import MemorySink
from tests.functions.predict.small_models import FEATURES, ROW, write_model
from tests.functions.roll_out.around import settings_of
from tests.functions.roll_out.trained import Predict
from tests.functions.roll_out.worlds import BUCKET, NAMES, FakeWorld, StageTools, deploys

MODEL = "visitors"
FUNCTION = NAMES.function("predict", MODEL)
ROWS = [ROW, {**ROW, "income": None, "note": None, "age": 12, "member": False}]
_NUMPY = {"float32": np.float32, "int64": np.int64, "string": object, "bool": np.bool_}


def witness_of(folder: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What onnxruntime answers for rows, as training records it."""
    missing = {"float32": float("nan"), "string": ""}
    inputs: dict[str, Any] = {}
    for feature in FEATURES:
        column = [missing.get(feature.type) if row[feature.name] is None else row[feature.name] for row in rows]
        inputs[feature.name] = np.array(column, dtype=_NUMPY[feature.type]).reshape(len(rows), feature.size or 1)
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    names = [output.name for output in session.get_outputs() if output.name != "income_seen"]  # NaN is no JSON
    return {
        "v": 1,
        "rows": rows,
        "outputs": dict(zip(names, (o.tolist() for o in session.run(names, inputs)), strict=True)),
    }


def artifact_of(folder: Path, task: Task, tampered: Mapping[str, Any] | None = None) -> Artifact:
    write_model(folder, task)
    witness = witness_of(folder, ROWS)
    witness["outputs"] |= tampered or {}
    files = {name: (folder / name).read_bytes() for name in ("model.onnx", "contract.json")}
    files |= {"lineage.json": b"{}", "reference.json": b"{}", "witness.json": json.dumps(witness).encode()}
    digests = {name: digest_of(body) for name, body in files.items()}
    files[MANIFEST] = canonical_json({"v": MANIFEST_VERSION, "model": MODEL, "files": digests}).encode()
    return open_artifact(MODEL, digest_of(files[MANIFEST]), files)


class RealPredict:
    """Runs `predict` in this process, with the environment and the layer of the version that is invoked."""

    def __init__(self, world: FakeWorld, folder: Path) -> None:
        self._world, self._folder = world, folder
        self.sink = MemorySink()

    def __call__(self, configuration: Mapping[str, Any], event: bytes) -> bytes:
        environment = configuration["Environment"]["Variables"]
        layer = self._world.s3.objects[
            BUCKET, f"artifacts/model={MODEL}/version={environment['MODEL_VERSION']}/layer.zip"
        ]
        with zipfile.ZipFile(io.BytesIO(layer)) as archive:
            archive.extractall(self._folder)
        given = {"AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"]}
        settings = Settings.from_environment({**environment, **given, "MODEL_DIR": str(self._folder / "model")})
        return json.dumps(start(settings, lambda _: self.sink).answer(json.loads(event))).encode()


def serving(folder: Path) -> tuple[FakeWorld, StageTools, RealPredict]:
    world = FakeWorld(Predict())
    predict = RealPredict(world, folder)
    world.cloud = FakeLambda(predict, world.s3.objects)
    world.cloud.create(FUNCTION, Environment={"Variables": {"MODEL": MODEL, "STREAM": "s", "MODEL_DIR": "/opt/model"}})
    world.around.settings.configure(settings_of(MODEL), "a deployment", "2013-01-01T00:00:00Z")
    ensure_live(world.cloud, FUNCTION)
    return world, world.tools(), predict


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_real_release_passes_and_goes_live(task: Task, tmp_path: Path) -> None:
    artifact = artifact_of(tmp_path, task)
    world, tools, predict = serving(tmp_path / "layer")
    world.upload(artifact)
    answer = deploys(tools, artifact)
    assert (answer.model_version, answer.release) == (1, 2)
    assert tools.registry.release(MODEL, 2).state == "tested"
    records = predict.sink.records
    assert [(r["source"], r["release"], r["model_version"]) for r in records] == [("smoke", 2, 1)] * 2
    assert len({record["request_id"] for record in records}) == 2


@pytest.mark.parametrize(
    ("tampered", "words"),
    [
        ({"label": [1 - 1, 7]}, r"row \d: label should be \d"),
        ({"age_seen": [[41.5], [12.001]]}, r"row 1: output age_seen should be \[12\.001\], the release says \[12\.0\]"),
        ({"serial_seen": [[9_007_199_254_740_993], [0]]}, r"row 1: output serial_seen"),
        ({"vanished": [[1.0], [1.0]]}, r"output vanished should have 2 values, it has 0"),
    ],
)
def test_a_real_release_that_answers_otherwise_than_at_training_is_refused(
    tmp_path: Path, tampered: dict[str, Any], words: str
) -> None:
    artifact = artifact_of(tmp_path, "binary", tampered)
    world, tools, _ = serving(tmp_path / "layer")
    world.upload(artifact)
    with pytest.raises(SmokeTestError, match=words):
        deploys(tools, artifact)
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    assert alias.version == "1"
    assert tools.registry.release(MODEL, 2).state == "failed"


def test_a_layer_that_is_not_the_contracts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = artifact_of(tmp_path, "binary")
    world, tools, _ = serving(tmp_path / "layer")
    world.upload(artifact)

    def swapped(*_: object) -> str:
        key = (BUCKET, f"artifacts/model={MODEL}/version=1/layer.zip")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("model/contract.json", artifact.files["contract.json"])
            archive.writestr("model/model.onnx", b"a model that calls home")
        world.s3.objects[key] = buffer.getvalue()
        its_own = lambda_sha256(buffer.getvalue())  # as if nobody compared it
        return FakeLambda.publish_layer(world.cloud, NAMES.model_layer(MODEL), "x", *key, its_own)

    monkeypatch.setattr(world.cloud, "publish_layer", swapped)
    with pytest.raises(SmokeTestError, match=r"503: .*damaged"):
        deploys(tools, artifact)
