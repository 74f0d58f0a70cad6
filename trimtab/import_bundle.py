"""`trimtab import FILE`: an exported version becomes a model's folder, once its signer is trusted."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.adapters.model_folder import SETTINGS_FILE
from functions.adapters.model_settings import MODEL_NAME
from functions.domain.bundle import MOST_BYTES, Bundle, read_bundle
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, ModelFolderError, NotFoundError
from functions.domain.signature import Signature
from functions.retrain.imported import ORIGIN
from trimtab.bundle_signature import verified_signer
from trimtab.imported_settings import ONNX, model_toml
from trimtab.known_signers import FILE, KnownSigners, named_signer
from trimtab.project import Project

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """`signer` is the fingerprint of the key that signed the version; `onnx` the SHA-256 of the model's bytes."""

    folder: Path
    model: str
    version: int
    signer: str
    onnx: str


def import_bundle(file: Path, name: str | None, trust: str | None, project: Project, report: Report) -> Imported:
    """Make models/NAME of an exported version, whole or not at all; `trust` names its signer's key.

    Before the folder is there, the version is put through all that `trimtab deploy` will put it through: it answers
    its witness rows as where it was trained, and its bytes are the same.

    Raises:
        NotFoundError: there is no such file.
        CorruptArtifactError: it is not whole, or not what was signed.
        InvalidRequestError: nobody here has said that its signer is trusted.
        ModelFolderError: the name is taken or no name; ParityError: the model answers otherwise here.
    """
    bundle = _read(file)
    signer = verified_signer(bundle)
    called = Signature.from_bytes(bundle.signature).key
    report(f"version {bundle.version} of {bundle.model}, signed by {signer} ({called})")
    known = KnownSigners(project)
    _demand_trust(file, signer, called, trust, known)
    folder = free_folder(project, name or bundle.model)
    with tempfile.TemporaryDirectory(dir=project.models, prefix=f".{folder.name}-") as work:
        fresh = Path(work) / folder.name
        _write(fresh, bundle, signer, called)
        _rehearse(fresh, Path(work) / "artifact", bundle, report)
        if trust is not None:
            known.add(signer, called)
        fresh.rename(folder)
    return Imported(folder, bundle.model, bundle.version, signer, bundle.artifact.onnx_digest)


def free_folder(project: Project, name: str) -> Path:
    """Where a new model's folder goes.

    Raises:
        ModelFolderError: the name is taken or no name.
    """
    if not re.fullmatch(MODEL_NAME, name) or len(name) > 32:
        raise ModelFolderError(f"{name[:80]!r} is no model name: up to 32 lower-case letters, digits, single hyphens")
    folder = project.models / name
    if folder.exists():
        raise ModelFolderError(f"models/{name} exists: choose another name with --as")
    project.models.mkdir(parents=True, exist_ok=True)
    return folder


def _read(file: Path) -> Bundle:
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}")
    if file.stat().st_size > MOST_BYTES:
        raise CorruptArtifactError(f"{file} has {file.stat().st_size:,} bytes, and a version at most {MOST_BYTES:,}")
    try:
        return read_bundle(file.read_bytes())
    except CorruptArtifactError as error:
        raise CorruptArtifactError(f"{file}: {error}") from error


def _demand_trust(file: Path, signer: str, called: str, trust: str | None, known: KnownSigners) -> None:
    if trust is not None:
        named = named_signer(trust)
        if named != signer:
            raise InvalidRequestError(f"{file} is signed by {signer}, and --trust names {named}: it is not imported")
    elif not known.knows(signer):
        raise InvalidRequestError(
            f"{file} is whole, and signed by {signer}, which calls itself {called}; nobody here has said that this key "
            f"is trusted. Ask its owner for the fingerprint by another road than the file came, compare, then run\n"
            f"  trimtab import {file} --trust {signer}\nwhich keeps it in {FILE}"
        )


def _write(folder: Path, bundle: Bundle, signer: str, called: str) -> None:
    beside = (folder / ONNX).parent
    beside.mkdir(parents=True)
    (folder / SETTINGS_FILE).write_text(model_toml(bundle, folder.name, signer), encoding="utf-8")
    for name, body in bundle.files.items():
        (beside / name).write_bytes(body)
    origin: dict[str, Any] = {
        "v": 1,
        "from": "trimtab",
        "model": bundle.model,
        "version": bundle.version,
        "artifact": bundle.artifact.digest,
        "signer": signer,
        "key": called,
    }
    (beside / ORIGIN).write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")


def _rehearse(folder: Path, out: Path, bundle: Bundle, report: Report) -> None:
    """Train the folder as `trimtab deploy` will: the contract holds, the witnesses are answered, the bytes stay."""
    from functions.retrain.train import train  # scikit-learn takes seconds to import

    train(folder, out, lambda text: report(f"    {text}"))
    found = digest_of((out / "model.onnx").read_bytes())
    shutil.rmtree(out)
    if found != bundle.artifact.onnx_digest:
        raise CorruptArtifactError(
            f"the model in it does not come through as it is: {found} in place of {bundle.artifact.onnx_digest}: "
            "it was exported by another Trimtab than this one reads"
        )
