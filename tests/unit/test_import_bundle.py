"""A version that another Trimtab exported: trusted by nobody unasked, and then the very same model."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.adapters.model_folder import load_settings
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import (
    CorruptArtifactError,
    InvalidRequestError,
    ModelFolderError,
    NotFoundError,
    ParityError,
)
from functions.domain.release_artifact import MANIFEST, Artifact, listing, open_artifact
from functions.domain.signature import Signature
from functions.retrain.train import train
from tests.unit.exported import KEY_ARN, exported, project_in, public, signed, trained_model, with_key_of
from trimtab.bundle_signature import fingerprint
from trimtab.import_bundle import Imported, import_bundle
from trimtab.imported_settings import span, toml
from trimtab.project import Project

SIGNER = fingerprint(public())


def imported(file: Path, project: Project, name: str | None = "copied", trust: str | None = SIGNER) -> Imported:
    return import_bundle(file, name, trust, project, lambda text: None)


def changed(**files: bytes) -> Artifact:
    """The trained artifact with other files, and a manifest that fits them."""
    artifact = trained_model()[0]
    contents = {name: body for name, body in artifact.files.items() if name != MANIFEST}
    contents |= {name.replace("_", "."): body for name, body in files.items()}
    manifest = listing(artifact.model, contents)
    return open_artifact(artifact.model, digest_of(manifest), {**contents, MANIFEST: manifest})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path / "here")


def test_an_imported_version_trains_to_the_same_bytes_reference_and_witnesses(tmp_path: Path, project: Project) -> None:
    done = imported(exported(tmp_path), project)
    result = train(done.folder, tmp_path / "again", lambda text: None)
    artifact, original = tmp_path / "again", trained_model()[0]

    assert digest_of((artifact / "model.onnx").read_bytes()) == original.onnx_digest == done.onnx
    assert json.loads((artifact / "witness.json").read_bytes()) == original.witness
    reference = json.loads((artifact / "reference.json").read_bytes())
    assert reference == json.loads(original.files["reference.json"]) | {"model": "copied"}
    contract = json.loads((artifact / "contract.json").read_bytes())
    assert contract == json.loads(original.files["contract.json"]) | {"model": "copied"}
    assert result.model == "copied"


def test_its_lineage_says_from_where_it_is_which_one_and_who_signed(tmp_path: Path, project: Project) -> None:
    done = imported(exported(tmp_path), project)
    train(done.folder, tmp_path / "again", lambda text: None)

    assert json.loads((tmp_path / "again" / "lineage.json").read_bytes())["imported"] == {
        "v": 1,
        "from": "trimtab",
        "model": "small",
        "version": 3,
        "artifact": trained_model()[0].digest,
        "signer": SIGNER,
        "key": KEY_ARN,
    }


def test_its_settings_are_those_that_were_deployed(tmp_path: Path, project: Project) -> None:
    config = load_settings(imported(exported(tmp_path), project).folder).config.to_document()
    deployed = json.loads(canonical_json(trained_model()[1]))

    assert json.loads(canonical_json(config)) == deployed | {"model": "copied"}


def test_an_unknown_signer_is_named_with_the_command_that_trusts_it(tmp_path: Path, project: Project) -> None:
    file = exported(tmp_path)
    with pytest.raises(InvalidRequestError) as raised:
        imported(file, project, trust=None)

    assert f"trimtab import {file} --trust {SIGNER}" in str(raised.value)
    assert not (project.root / "known_signers").exists()
    assert list(project.models.iterdir()) == []


def test_a_signer_that_was_trusted_once_is_known(tmp_path: Path, project: Project) -> None:
    file = exported(tmp_path)
    imported(file, project, "first")
    imported(file, project, "second", trust=None)

    lines = (project.root / "known_signers").read_text().splitlines()
    assert lines[-1] == f"{SIGNER} {KEY_ARN}"
    assert sum(SIGNER in line for line in lines) == 1


def test_a_signer_may_be_named_by_a_file_with_its_key(tmp_path: Path, project: Project) -> None:
    pem = tmp_path / "theirs.pem"
    pem.write_bytes(public())

    assert imported(exported(tmp_path), project, trust=str(pem)).signer == SIGNER


def test_another_signer_than_the_named_one_is_refused(tmp_path: Path, project: Project) -> None:
    file = exported(tmp_path, signed(trained_model()[0], by=2))
    with pytest.raises(InvalidRequestError, match=f"is signed by {fingerprint(public(2))}, and --trust names {SIGNER}"):
        imported(file, project)


@pytest.mark.parametrize("trust", ["SHA256:abc", "nowhere.pem", ""])
def test_trust_that_names_no_key_is_refused(tmp_path: Path, project: Project, trust: str) -> None:
    with pytest.raises(InvalidRequestError, match="neither a file with a public key nor SHA256"):
        imported(exported(tmp_path), project, trust=trust)


def test_a_line_of_known_signers_that_is_none_is_named(tmp_path: Path, project: Project) -> None:
    (project.root / "known_signers").write_text("# trusted\n\nall\n")
    with pytest.raises(InvalidRequestError, match="known_signers, line 3: 'all' is no fingerprint"):
        imported(exported(tmp_path), project, trust=None)


def test_a_key_put_in_place_of_the_signers_is_found(tmp_path: Path, project: Project) -> None:
    file = exported(tmp_path, with_key_of(signed(trained_model()[0]), by=2))
    with pytest.raises(CorruptArtifactError, match=r"signature\.json in it is not the key's over version 3 of small"):
        imported(file, project, trust=fingerprint(public(2)))


def test_a_signature_is_of_one_version_and_of_no_other(tmp_path: Path, project: Project) -> None:
    file = exported(tmp_path, replace(signed(trained_model()[0], version=2), version=3))
    with pytest.raises(CorruptArtifactError, match="is not the key's over version 3"):
        imported(file, project)


def test_a_model_that_was_put_in_place_of_the_signed_one_is_found(tmp_path: Path, project: Project) -> None:
    genuine = signed(trained_model()[0])
    file = exported(tmp_path, replace(genuine, artifact=changed(lineage_json=b"{}")))
    with pytest.raises(CorruptArtifactError, match="is not the key's over"):
        imported(file, project)


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (b"{}", "not well-formed"),
        (Signature(KEY_ARN, b"no DER").to_bytes(), "is not the key's"),
        (Signature(KEY_ARN, b"").to_bytes(), "is not the key's"),
    ],
)
def test_a_signature_that_is_none_is_refused(tmp_path: Path, project: Project, signature: bytes, said: str) -> None:
    file = exported(tmp_path, replace(signed(trained_model()[0]), signature=signature))
    with pytest.raises(CorruptArtifactError, match=said):
        imported(file, project)


def test_a_key_of_another_kind_is_refused(tmp_path: Path, project: Project) -> None:
    rsa = generate_private_key(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file = exported(tmp_path, replace(signed(trained_model()[0]), public_key=rsa))
    with pytest.raises(CorruptArtifactError, match="no key on the curve P-256"):
        imported(file, project)


def test_a_model_that_answers_otherwise_here_leaves_nothing_behind(tmp_path: Path, project: Project) -> None:
    witness = trained_model()[0].witness
    (name,) = [name for name, rows in witness["outputs"].items() if isinstance(rows[0], list)]
    witness["outputs"][name][0][0] += 0.01
    file = exported(tmp_path, signed(changed(witness_json=canonical_json(witness).encode())))

    with pytest.raises(ParityError, match=f"does not answer here as it did where it was trained: output {name}"):
        imported(file, project)
    assert list(project.models.iterdir()) == []
    assert not (project.root / "known_signers").exists()


def test_a_file_that_was_changed_after_the_import_stops_the_training(tmp_path: Path, project: Project) -> None:
    done = imported(exported(tmp_path), project)
    (done.folder / "imported" / "reference.json").write_bytes(b"{}")
    with pytest.raises(CorruptArtifactError, match=r"reference\.json of small was changed"):
        train(done.folder, tmp_path / "again", lambda text: None)


def test_a_file_that_is_missing_after_the_import_stops_the_training(tmp_path: Path, project: Project) -> None:
    done = imported(exported(tmp_path), project)
    (done.folder / "imported" / "witness.json").unlink()
    with pytest.raises(CorruptArtifactError, match=r"witness\.json is missing: import the model again"):
        train(done.folder, tmp_path / "again", lambda text: None)


@pytest.mark.parametrize("name", ["../out", "Copied", "a" * 33, "x/y"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, project: Project, name: str) -> None:
    with pytest.raises(ModelFolderError, match="is no model name"):
        imported(exported(tmp_path), project, name)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path, project: Project) -> None:
    (project.models / "small").mkdir()
    with pytest.raises(ModelFolderError, match="models/small exists: choose another name with --as"):
        imported(exported(tmp_path), project, name=None)


def test_settings_of_a_newer_trimtab_are_refused_in_words(tmp_path: Path, project: Project) -> None:
    settings = canonical_json({**trained_model()[1], "tides": 1}).encode()
    with pytest.raises(CorruptArtifactError, match="settings in it are not such as this code knows"):
        imported(exported(tmp_path, signed(trained_model()[0], settings=settings)), project)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"there is no file .*nowhere\.trimtab"):
        imported(tmp_path / "nowhere.trimtab", project)


def test_spans_and_tables_are_written_as_model_toml_has_them() -> None:
    assert [span(seconds) for seconds in (0, 90, 120, 5_400, 7_200, 604_800)] == ["0s", "90s", "2m", "90m", "2h", "7d"]
    document = {"model": {"name": "a", "off": None}, "features": {"a b": {"type": "bool", "list": (1, "x", 0.5)}}}
    assert toml(document) == '[model]\nname = "a"\n\n[features."a b"]\ntype = "bool"\nlist = [1, "x", 0.5]\n'


def test_what_was_imported_is_told_as_a_document(tmp_path: Path, project: Project) -> None:
    assert asdict(imported(exported(tmp_path), project)) == {
        "folder": project.models / "copied",
        "model": "small",
        "version": 3,
        "signer": SIGNER,
        "onnx": trained_model()[0].onnx_digest,
    }
