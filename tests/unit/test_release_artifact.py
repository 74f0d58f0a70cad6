"""Artifacts: nothing that was changed is opened, and the same artifact is always the same layer."""

import io
import json
import zipfile

import pytest

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError, InvalidRequestError
from functions.domain.release_artifact import (
    FILES,
    MANIFEST,
    MANIFEST_VERSION,
    digest_in,
    layer_zip,
    open_artifact,
)
from tests.functions.roll_out.trained import trained

ARTIFACT = trained()


def with_manifest(content: dict[str, bytes], **changes: object) -> tuple[str, dict[str, bytes]]:
    """Files with a manifest that fits them, but for the changes."""
    listed = {name: digest_of(content[name]) for name in FILES}
    document = {"v": MANIFEST_VERSION, "model": "flights", "files": listed}
    manifest = canonical_json(document | changes).encode()
    return digest_of(manifest), {**content, MANIFEST: manifest}


def test_an_artifact_opens_with_its_digest() -> None:
    opened = open_artifact("flights", ARTIFACT.digest, ARTIFACT.files)
    assert opened.contract.model == "flights"
    assert opened.witness["rows"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_changed_is_named(name: str) -> None:
    with pytest.raises(CorruptArtifactError, match=f"{name} of flights was changed"):
        open_artifact("flights", ARTIFACT.digest, {**ARTIFACT.files, name: b"{}"})


def test_an_artifact_from_before_there_was_a_reference_beside_the_contract_opens() -> None:
    contract = json.loads(ARTIFACT.files["contract.json"]) | {"v": 1, "reference": {"rows": 9, "features": {}}}
    files = {**ARTIFACT.files, "contract.json": canonical_json(contract).encode()}
    del files["reference.json"]
    listed = {name: digest_of(files[name]) for name in files if name != MANIFEST}
    files[MANIFEST] = canonical_json({"v": 1, "model": "flights", "files": listed}).encode()

    opened = open_artifact("flights", digest_of(files[MANIFEST]), files)

    assert opened.contract == ARTIFACT.contract


def test_a_manifest_that_was_changed_is_refused() -> None:
    with pytest.raises(CorruptArtifactError, match=r"manifest\.json of flights has not the digest"):
        open_artifact("flights", ARTIFACT.digest, {**ARTIFACT.files, MANIFEST: b"{}"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "loans"}, "that of model 'loans'"),
        ({"v": 3}, "schema version 3"),
        ({"files": None}, "not well-formed"),
        ({"files": {"model.onnx": "ab"}}, r"must list contract\.json"),
    ],
)
def test_a_manifest_of_something_else_is_refused(changes: dict[str, object], words: str) -> None:
    digest, files = with_manifest(dict(ARTIFACT.files), **changes)
    with pytest.raises(CorruptArtifactError, match=words):
        open_artifact("flights", digest, files)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "loans"}, "is that of model 'loans'"),
        ({"onnx_sha256": "0" * 64}, r"belongs to another model\.onnx"),
        ({"features": [{"price": 1}]}, r"contract\.json of flights is not well-formed"),
    ],
)
def test_a_contract_of_something_else_is_refused(changes: dict[str, object], words: str) -> None:
    contract = json.loads(ARTIFACT.files["contract.json"]) | changes
    digest, files = with_manifest({**ARTIFACT.files, "contract.json": json.dumps(contract).encode()})
    with pytest.raises(CorruptArtifactError, match=words):
        open_artifact("flights", digest, files)


@pytest.mark.parametrize(
    "prefix",
    [
        "incoming/model=flights/" + "a" * 63 + "/",
        "incoming/model=loans/" + "a" * 64 + "/",
        "incoming/model=flights/" + "A" * 64 + "/",
        "incoming/model=flights/../" + "a" * 64 + "/",
        "artifacts/model=flights/version=1/",
        "",
    ],
)
def test_only_an_uploads_prefix_is_read(prefix: str) -> None:
    with pytest.raises(InvalidRequestError, match="must be 'incoming/model=flights/<digest>/'"):
        digest_in("flights", prefix)


def test_the_layer_holds_the_model_and_its_contract_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(layer_zip(ARTIFACT))) as archive:
        assert archive.namelist() == ["model/contract.json", "model/model.onnx"]
        assert archive.read("model/model.onnx") == ARTIFACT.files["model.onnx"]
        assert all(entry.external_attr >> 16 == 0o644 for entry in archive.infolist())


def test_the_same_artifact_is_the_same_layer_to_the_byte() -> None:
    assert digest_of(layer_zip(ARTIFACT)) == digest_of(layer_zip(trained()))
    assert layer_zip(ARTIFACT) != layer_zip(trained(2))
