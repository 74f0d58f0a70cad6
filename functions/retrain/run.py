"""One retraining's fit: from a snapshot's manifest to a candidate in the artifact bucket."""

import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from functions.adapters import folder_code
from functions.adapters.candidate_store import keep_candidate
from functions.adapters.data_lake import DataLake
from functions.adapters.model_folder import load_settings
from functions.adapters.model_settings import ModelSettings
from functions.adapters.training_rows import read_manifest, read_split
from functions.adapters.write_once import put_once
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, ModelFolderError
from functions.domain.fit_estimate import LastFit, Limits, refusal
from functions.domain.snapshot_manifest import SnapshotManifest, digest_in_key, training_key
from functions.retrain.fitting import fit
from functions.retrain.request import RetrainRequest


@dataclass(frozen=True, slots=True)
class Tools:
    """The artifact bucket, the folder of the one model that this function fits, and the memory that it has."""

    artifacts: DataLake
    folder: Path
    memory_mb: int


def retrain(asked: RetrainRequest, tools: Tools, seconds_left: float) -> Mapping[str, Any]:
    """Fit the model on the rows of a snapshot, and leave the candidate for `gate`.

    What is wrong with the data, the folder or the conversion is answered, since asking again would not help.

    Raises:
        InvalidRequestError: it was asked for another model, or for no snapshot.
        NotFoundError, CorruptArtifactError: a file of the snapshot is not there, or was changed.
        UnavailableError: S3 did not answer.
    """
    if asked.model != tools.folder.name:
        raise InvalidRequestError(f"this function fits {tools.folder.name}, not {asked.model}")
    manifest = read_manifest(tools.artifacts, asked.model, asked.snapshot)
    try:
        return _fitted(asked, manifest, tools, seconds_left)
    except ModelFolderError as error:
        return {"decision": "refused", "reasons": [str(error)]}


def _fitted(asked: RetrainRequest, manifest: SnapshotManifest, tools: Tools, seconds_left: float) -> Mapping[str, Any]:
    settings = load_settings(tools.folder)
    code = folder_code.archive(tools.folder)
    cells = manifest.fit_rows * _columns(settings)
    last = _last_fit(tools.artifacts, asked.model, digest_of(code))
    too_large = refusal(manifest.fit_rows, _columns(settings), last, Limits(tools.memory_mb, seconds_left))
    if too_large is not None:
        return {"decision": "refused", "reasons": [too_large]}
    parts = read_split(tools.artifacts, manifest, settings.contract_features)
    started = perf_counter()
    snapshot = digest_in_key(asked.model, asked.snapshot, "json")
    candidate = fit(tools.folder, settings, parts, snapshot, _say)
    seconds = perf_counter() - started
    put_once(tools.artifacts, training_key(asked.model, digest_of(code), "zip"), code)
    prefix = keep_candidate(tools.artifacts, candidate)
    took = LastFit(digest_of(code), cells, round(seconds, 3), round(_peak_mb(), 1))
    tools.artifacts.put(_last_fit_key(asked.model), took.to_bytes())
    return {
        "decision": "fitted",
        "candidate": prefix,
        "digest": prefix.rstrip("/").rpartition("/")[2],
        "fit_rows": manifest.fit_rows,
        "seconds": took.seconds,
    }


def _columns(settings: ModelSettings) -> int:
    return sum(feature.size or 1 for feature in settings.contract_features)


def _last_fit(artifacts: DataLake, model: str, code: str) -> LastFit | None:
    """What the last fit of the same code took."""
    found = artifacts.get(_last_fit_key(model))
    try:
        last = None if found is None else LastFit.from_bytes(found.body)
    except CorruptArtifactError as error:
        _say(str(error))  # an estimate is no reason to stop
        return None
    return last if last is not None and last.code == code else None


def _last_fit_key(model: str) -> str:
    return f"candidates/model={model}/last_fit.json"


def _peak_mb() -> float:
    """The most memory that this process has had: kilobytes on Linux, bytes on a Mac."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _say(text: str) -> None:
    print(text, flush=True)
