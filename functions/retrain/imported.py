"""What lies beside a ready-made model that was imported: the artifact that it came with, and where it is from.

`trimtab import` writes both, after it has checked the signature. See docs/portability.md.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError, ModelFolderError
from functions.domain.release_artifact import FILES, MANIFEST, Artifact, listed_files, open_artifact

ORIGIN = "origin.json"


def imported_artifact(folder: Path, settings: ModelSettings) -> Artifact | None:
    """The artifact in which a folder's ready-made model lies, with every file checked; None where it lies alone.

    Raises:
        CorruptArtifactError: a file of it was changed or is missing.
    """
    place = _beside_the_model(folder, settings)
    if place is None or not (place / MANIFEST).is_file():
        return None
    manifest = (place / MANIFEST).read_bytes()
    try:
        model = str(json.loads(manifest)["model"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorruptArtifactError(f"{place / MANIFEST} is not well-formed: {error!r}: import it again") from error
    files = {name: (place / name).read_bytes() for name in FILES if (place / name).is_file()}
    if missing := listed_files(model, digest_of(manifest), manifest).keys() - files:
        raise CorruptArtifactError(f"{place / min(missing)} is missing: import the model again")
    return open_artifact(model, digest_of(manifest), {**files, MANIFEST: manifest})


def origin_of(folder: Path, settings: ModelSettings) -> Mapping[str, Any] | None:
    """Where an imported model comes from, as lineage.json tells it on; None where it was not imported.

    Raises:
        ModelFolderError: origin.json is no JSON object.
    """
    place = _beside_the_model(folder, settings)
    if place is None or not (place / ORIGIN).is_file():
        return None
    try:
        document = json.loads((place / ORIGIN).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelFolderError(f"{place / ORIGIN} is no JSON: {error}: import the model again") from None
    if not isinstance(document, dict):
        raise ModelFolderError(f"{place / ORIGIN} is no JSON object: import the model again")
    return document


def _beside_the_model(folder: Path, settings: ModelSettings) -> Path | None:
    return None if settings.train.onnx is None else (folder / settings.train.onnx).parent
