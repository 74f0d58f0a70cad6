"""Exporting: the API says what belongs to a version, the command fetches, checks and packs it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.signatures import Signatures
from functions.adapters.signed_versions import SignedVersions
from functions.domain.bundle import read_bundle
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError, UnavailableError
from functions.domain.management_calls import CALLS
from functions.domain.model_config import ModelConfig
from functions.domain.release_artifact import FILES, MANIFEST, open_artifact
from functions.domain.signature import SIGNATURE
from functions.manage.export import Export
from functions.retrain.train import train
from tests.contract.fake_kms import FakeKms
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.contract.served_bucket import as_it_is
from tests.contract.served_bucket import served as served_bucket
from tests.functions.register.registering import register_tools
from tests.unit.exported import project_in, trained_model
from trimtab.bundle_signature import fingerprint
from trimtab.export import export_version, write_export
from trimtab.import_bundle import import_bundle

BUCKET, TIME = "artifacts", "2026-11-01T00:00:00Z"
PREFIX = "artifacts/model=small/version=1/"


class Urls:
    """Signs nothing: whoever knows a key may read."""

    base = ""

    def get(self, key: str) -> str:
        return f"{self.base}/{key}"


class Stage:
    """A registry and a bucket with version 1 of `small`, and the management API's two calls on them."""

    def __init__(self) -> None:
        self.table, self.s3, self.urls = FakeTable(), FakeS3(), Urls()
        artifact, settings = trained_model()
        tools = register_tools(self.table, self.s3, BUCKET, FakeKms())
        self.versions: SignedVersions = tools.versions
        MonitoringRegistry(self.table).configure(
            ModelConfig.from_document(json.loads(json.dumps(settings))), "ann", TIME
        )
        Registry(self.table).register(artifact, "ann", TIME)
        self.versions.keep(artifact, 1)
        signatures: Signatures = tools.versions._signatures
        self.export = Export(self.table, DataLake(self.s3, BUCKET), self.urls, signatures.public_key)

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """As a client of the API."""
        routes = {call.name: call.path.replace("{model}", "small").replace("{version}", "1") for call in CALLS}
        if path == routes["show_card"]:
            return {"v": 1, "model": "small"}
        assert path == routes["export_version"]
        return self.export.document("small", 1)


@contextmanager
def served(stage: Stage, change: Callable[[bytes], tuple[int, bytes]] = as_it_is) -> Iterator[None]:
    """The stage's bucket over HTTP, and its URLs to match."""
    with served_bucket(stage.s3, BUCKET, change) as stage.urls.base:
        yield


def test_what_was_exported_here_is_imported_there_as_the_same_model(tmp_path: Path) -> None:
    stage = Stage()
    with served(stage):
        bundle = export_version(stage, "small", 1)
    file = write_export(bundle, tmp_path / "small.trimtab")
    signer = fingerprint(read_bundle(file.read_bytes()).public_key)

    done = import_bundle(file, None, signer, project_in(tmp_path / "there"), lambda text: None)

    assert (done.model, done.version, done.onnx) == ("small", 1, trained_model()[0].onnx_digest)
    assert json.loads(bundle.card) == {"v": 1, "model": "small"}


def test_the_file_is_called_by_model_and_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stage = Stage()
    with served(stage):
        bundle = export_version(stage, "small", 1)
    assert write_export(bundle, None) == Path("small-1.trimtab")
    assert read_bundle(Path("small-1.trimtab").read_bytes()) == bundle


def test_a_file_that_was_changed_in_the_bucket_is_not_exported() -> None:
    stage = Stage()
    stage.s3.objects[BUCKET, PREFIX + "model.onnx"] += b"x"
    with served(stage), pytest.raises(CorruptArtifactError, match=r"model\.onnx was changed after it was registered"):
        export_version(stage, "small", 1)


def test_a_manifest_that_was_changed_in_the_bucket_is_not_exported() -> None:
    stage = Stage()
    stage.s3.objects[BUCKET, PREFIX + "manifest.json"] += b" "
    with pytest.raises(CorruptArtifactError, match=r"manifest\.json of small has not the digest"):
        stage.export.document("small", 1)


def test_another_versions_signature_is_found_before_anything_is_written() -> None:
    stage = Stage()
    stage.versions.keep(trained_model()[0], 2)
    stage.s3.objects[BUCKET, PREFIX + SIGNATURE] = stage.s3.objects[BUCKET, PREFIX.replace("=1", "=2") + SIGNATURE]
    with served(stage), pytest.raises(CorruptArtifactError, match="is not the key's over version 1 of small"):
        export_version(stage, "small", 1)


def test_a_version_without_a_signature_says_how_to_get_one() -> None:
    stage = Stage()
    del stage.s3.objects[BUCKET, PREFIX + SIGNATURE]
    with pytest.raises(ConflictError, match="version 1 of small is not signed: deploy it again"):
        stage.export.document("small", 1)


def test_a_version_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFoundError):
        Stage().export.document("small", 7)


def test_a_file_that_is_gone_from_the_bucket_is_named() -> None:
    stage = Stage()
    del stage.s3.objects[BUCKET, PREFIX + "model.onnx"]
    with served(stage), pytest.raises(CorruptArtifactError, match=r"model\.onnx is gone from the artifact bucket"):
        export_version(stage, "small", 1)


def test_an_answer_of_s3_that_is_none_is_no_file() -> None:
    stage = Stage()
    with served(stage, lambda body: (403, b"expired")), pytest.raises(UnavailableError, match="S3 answered 403"):
        export_version(stage, "small", 1)


def test_registering_an_imported_model_says_in_the_audit_where_it_is_from(tmp_path: Path) -> None:
    stage = Stage()
    with served(stage):
        bundle = export_version(stage, "small", 1)
    file, there = write_export(bundle, tmp_path / "small.trimtab"), project_in(tmp_path / "there")
    signer = fingerprint(bundle.public_key)
    done = import_bundle(file, "copied", signer, there, lambda text: None)

    acts = registered_acts(done.folder, tmp_path)

    assert [act["action"] for act in acts] == ["version.registered", "artifact.imported"]
    assert acts[1]["details"]["from"] | {"key": ""} == {
        "v": 1,
        "from": "trimtab",
        "model": "small",
        "version": 1,
        "artifact": bundle.artifact.digest,
        "signer": signer,
        "key": "",
    }


def registered_acts(folder: Path, work: Path) -> list[dict[str, Any]]:
    """Train the folder, register what came of it; what the audit says."""
    train(folder, work / "artifact", lambda text: None)
    files = {name: (work / "artifact" / name).read_bytes() for name in (*FILES, MANIFEST)}
    registry = Registry(FakeTable())
    registry.register(open_artifact(folder.name, digest_of(files[MANIFEST]), files), "ann", TIME)
    return [json.loads(entry.body) for entry in registry.audit()]
