"""A snapshot's manifest: which files a training learns from, and how its hold-out is cut, so that it can be repeated.

Its digest is its name, so whoever knows the digest knows the rows: manifest and files are written once.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError, InvalidRequestError

SCHEMA_VERSION = 1
Part = Literal["first", "log"]
Suffix = Literal["json", "npz", "parquet", "zip"]


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A file of rows to learn from; `part` is where they come from: the first training set, or the log."""

    key: str
    sha256: str
    rows: int
    part: Part


@dataclass(frozen=True, slots=True)
class GoldenFile:
    """The rows that every challenger must do well on, and none learns from."""

    key: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what became of them: learnt from (`first`, `log`), or why not."""

    first: int = 0
    log: int = 0
    unlabelled: int = 0
    immature: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class QuarantineSummary:
    """The rows that were kept out: how many for which reason, of which sender; `key` is the file that lists them."""

    key: str | None = None
    rows: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)
    by_sender: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SnapshotManifest:
    """`as_of` is the moment at which the log was read, None for a first training set, which is no part of it.

    `window` is the log's, half-open, each side None where it is open. The hold-out is all rows from `hold_out_from` on
    (ISO 8601, UTC, microseconds); where that is None, as for rows without a time, it is `holdout_rows` rows that
    `seed` chooses. Rows of a part without a time are never in a hold-out by time. `newest_to_try` are counts of the
    newest rows that are fitted on alone too ([train] window = "auto").
    """

    model: str
    as_of: str | None
    files: tuple[TrainingFile, ...]
    hold_out_from: str | None
    fit_rows: int
    holdout_rows: int
    rows: Counts
    seed: int
    window: Mapping[str, str | None] = field(default_factory=lambda: {"start": None, "end": None})
    golden: GoldenFile | None = None
    quarantine: QuarantineSummary = field(default_factory=QuarantineSummary)
    newest_to_try: tuple[int, ...] = ()

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8; without `newest_to_try` where it is empty, as before there was any."""
        document = asdict(self)
        if not self.newest_to_try:
            del document["newest_to_try"]
        return canonical_json({"v": SCHEMA_VERSION, **document}).encode()

    @property
    def key(self) -> str:
        """Where in the artifact bucket it lies."""
        return training_key(self.model, digest_of(self.to_bytes()), "json")

    @classmethod
    def from_bytes(cls, data: bytes) -> "SnapshotManifest":
        """Read a manifest.

        Raises:
            CorruptArtifactError: it is not well-formed, or of a schema version that this code does not know; or it
                names a file that is not this model's: who may write one model's manifests may not read another's rows.
        """
        try:
            document = json.loads(data)
            version = document["v"]
            if version == SCHEMA_VERSION:
                read = cls._from_document({key: value for key, value in document.items() if key != "v"})
                read._demand_own_files()
                return read
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CorruptArtifactError(f"this is no snapshot's manifest: {error!r}") from error
        raise CorruptArtifactError(
            f"snapshot of schema version {version!r}; this code reads {SCHEMA_VERSION}: use the Trimtab that wrote it"
        )

    def _demand_own_files(self) -> None:
        """Each file of rows lies under its model and its digest, and so does what is in quarantine."""
        rows = (*self.files, *(() if self.golden is None else (self.golden,)))
        odd = [file.key for file in rows if file.key != training_key(self.model, file.sha256, "npz")]
        kept_out = self.quarantine.key
        if kept_out is not None and not _is_key(self.model, kept_out, "parquet"):
            odd.append(kept_out)
        if odd:
            raise CorruptArtifactError(f"a snapshot of {self.model} names {odd[0]!r}, which is no file of its own")

    @classmethod
    def _from_document(cls, fields: dict[str, Any]) -> "SnapshotManifest":
        golden = fields.pop("golden")
        return cls(
            newest_to_try=tuple(fields.pop("newest_to_try", ())),
            files=tuple(TrainingFile(**file) for file in fields.pop("files")),
            rows=Counts(**fields.pop("rows")),
            quarantine=QuarantineSummary(**fields.pop("quarantine")),
            golden=None if golden is None else GoldenFile(**golden),
            **fields,
        )


def training_key(model: str, sha256: str, suffix: Suffix) -> str:
    """Where in the artifact bucket a file to learn from lies, or what belongs to it: by its digest, written once."""
    return f"training/model={model}/{sha256}.{suffix}"


def digest_in_key(model: str, key: str, suffix: Suffix) -> str:
    """The digest that such a key names.

    Raises:
        InvalidRequestError: it is not one of this model and kind.
    """
    if not _is_key(model, key, suffix):
        raise InvalidRequestError(f"{key!r} must be 'training/model={model}/<digest>.{suffix}'")
    return key.rpartition("/")[2].removesuffix(f".{suffix}")


def _is_key(model: str, key: str, suffix: Suffix) -> bool:
    return re.fullmatch(rf"training/model={re.escape(model)}/[0-9a-f]{{64}}\.{suffix}", key) is not None
