"""A version as one file, `MODEL-VERSION.trimtab`: a zip of its artifact, its signature, and what is known of it.

Every member is stored, never deflated: no file can unpack to more than itself, and another zlib gives no other bytes.
The same contents give the same bytes. What the signature covers is the artifact; card and settings are for reading.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import FILES, MANIFEST, Artifact, listed_files, open_artifact

SCHEMA_VERSION = 1
SUFFIX = ".trimtab"
LISTING, SIGNATURE, PUBLIC_KEY, CARD, SETTINGS = (
    "bundle.json", "signature.json", "public_key.pem", "card.json", "settings.json",
)  # fmt: skip
MOST_BYTES = 300_000_000  # what unpacks to more fits no function: 262 MB with all libraries
_BESIDE = (SIGNATURE, PUBLIC_KEY, CARD, SETTINGS)
_ARTIFACT = frozenset({MANIFEST, *FILES})
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundle:
    """An exported version. `signature` is signature.json as it was registered, `public_key` the signing key's as PEM.

    `card` and `settings` are the model card and the deployed settings at the time of the export, as JSON.
    """

    version: int
    artifact: Artifact
    signature: bytes
    public_key: bytes
    card: bytes
    settings: bytes

    @property
    def model(self) -> str:
        return self.artifact.model

    @property
    def files(self) -> dict[str, bytes]:
        """All members but the listing, by name."""
        beside = (self.signature, self.public_key, self.card, self.settings)
        return {**self.artifact.files, **dict(zip(_BESIDE, beside, strict=True))}


def write_bundle(bundle: Bundle) -> bytes:
    """The file's bytes."""
    files = bundle.files
    listing = {
        "v": SCHEMA_VERSION,
        "model": bundle.model,
        "version": bundle.version,
        "artifact": bundle.artifact.digest,
        "files": {name: digest_of(body) for name, body in files.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, body in [(LISTING, canonical_json(listing).encode()), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, body)
    return buffer.getvalue()


def read_bundle(data: bytes) -> Bundle:
    """Read a file, and check every member against the listing and the artifact against its manifest.

    Whose signature it is, and whether it is one, is for the caller to find out before anything of it is used.

    Raises:
        CorruptArtifactError: it is no such file or not all of one, or a member is missing, too many, or was changed.
    """
    files = _members(data)
    about = _listing(files.pop(LISTING))
    wanted = about["files"]
    _same_names(files.keys(), wanted.keys(), "its listing names")
    _same_names(files.keys() - _ARTIFACT, frozenset(_BESIDE), "a version's file holds")
    for name, body in files.items():
        if digest_of(body) != wanted[name]:
            raise CorruptArtifactError(f"{name} in it was changed after the export: ask for the file again")
    artifact = {name: body for name, body in files.items() if name in _ARTIFACT}
    if MANIFEST not in artifact:
        raise CorruptArtifactError(f"{MANIFEST} is missing from it: ask for the file again")
    listed = listed_files(about["model"], about["artifact"], artifact[MANIFEST])
    _same_names(artifact.keys() - {MANIFEST}, listed.keys(), "its manifest lists")
    return Bundle(
        about["version"],
        open_artifact(about["model"], about["artifact"], artifact),
        *(files[name] for name in _BESIDE),
    )


def _members(data: bytes) -> dict[str, bytes]:
    """The zip's members, none of which is written anywhere by the name that it gives itself."""
    if len(data) > MOST_BYTES:
        raise CorruptArtifactError(f"it has {len(data):,} bytes, and a version at most {MOST_BYTES:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(data))
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise CorruptArtifactError(f"it is no exported version, or not all of one: {error}") from error


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    known = _ARTIFACT | {LISTING, *_BESIDE}
    names = [entry.filename for entry in entries]
    for entry in entries:
        if entry.filename not in known:
            raise CorruptArtifactError(f"it holds {entry.filename[:100]!r}, which is no file of a version")
        if names.count(entry.filename) > 1:
            raise CorruptArtifactError(f"it holds {entry.filename} twice")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise CorruptArtifactError(f"{entry.filename} in it is compressed, and an export stores its files")
    if sum(entry.file_size for entry in entries) > size:
        raise CorruptArtifactError("its files overlap: together they are larger than it")
    if LISTING not in names:
        raise CorruptArtifactError(f"it holds no {LISTING}: it is no exported version")


def _listing(data: bytes) -> dict[str, Any]:
    """The listing, with fields of the right types."""
    try:
        document: dict[str, Any] = json.loads(data)
        schema = document["v"]
        if schema != SCHEMA_VERSION:
            raise CorruptArtifactError(f"it is of format {schema!r}; this code reads {SCHEMA_VERSION}: update Trimtab")
        kinds = {"model": str, "version": int, "artifact": str, "files": dict}
        if any(type(document[name]) is not kind for name, kind in kinds.items()) or document["version"] < 1:
            raise ValueError("a field is of another type")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorruptArtifactError(f"{LISTING} in it is not well-formed: {error!r}") from error
    return document


def _same_names(found: Any, wanted: Any, says: str) -> None:
    missing, odd = sorted(wanted - found), sorted(found - wanted)
    if missing:
        raise CorruptArtifactError(f"{', '.join(missing)} is missing from it: {says} {', '.join(sorted(wanted))}")
    if odd:
        raise CorruptArtifactError(f"it holds {', '.join(odd)}, but {says} {', '.join(sorted(wanted))} alone")


def settings_of(bundle: Bundle) -> Mapping[str, Any]:
    """The deployed settings in it.

    Raises:
        CorruptArtifactError: they are no JSON object.
    """
    try:
        document = json.loads(bundle.settings)
    except (ValueError, RecursionError) as error:
        raise CorruptArtifactError(f"{SETTINGS} in it is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise CorruptArtifactError(f"{SETTINGS} in it is no JSON object")
    return document
