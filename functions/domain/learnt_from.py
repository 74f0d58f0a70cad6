"""What a version was learnt from, as its lineage names it: enough to train it anew."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.errors import ConflictError, CorruptArtifactError

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LearntFrom:
    """SHA-256 of the snapshot's manifest, and of the zip with the code of the model's folder."""

    snapshot: str
    archive: str


def learnt_from(lineage: Mapping[str, Any], model: str, version: int) -> LearntFrom:
    """What the lineage.json of a registered version names.

    Raises:
        ConflictError: there is nothing to repeat: it came without data, or before snapshots were kept.
        CorruptArtifactError: what it names is no digest, so that it might lie anywhere.
    """
    data, code = lineage.get("data"), lineage.get("code", {})
    if not isinstance(data, Mapping | None) or not isinstance(code, Mapping):
        raise CorruptArtifactError(f"lineage.json of {model} version {version} is not well-formed")
    if data is None:
        raise ConflictError(f"{model} version {version} came ready-made, without data: nothing was trained")
    snapshot, archive = data.get("snapshot"), code.get("archive")
    if not snapshot or not archive:
        raise ConflictError(
            f"{model} version {version} was trained before snapshots were kept: train and deploy it again"
        )
    odd = next((name for name in (snapshot, archive) if not _DIGEST.fullmatch(str(name))), None)
    if odd is not None:
        raise CorruptArtifactError(f"lineage.json of {model} version {version} names {str(odd)[:80]!r}: no SHA-256")
    return LearntFrom(snapshot, archive)
