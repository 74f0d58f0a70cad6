"""Holds the registered versions' files in S3 against the digests that were registered.

The audit chain names each version's manifest by its digest, the manifest names each file by its own, the layer is what
its files make it, and the signature is over the manifest. What lies beside them under a version's prefix is named too.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from functions.adapters.data_lake import DataLake
from functions.domain.canonical_json import digest_of
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import MANIFEST, Artifact, layer_zip, listed_files
from functions.domain.signature import SIGNATURE, Signature, signed_message

READERS = 8
ROOT = "artifacts/"
LAYER = "layer.zip"
Check = Callable[
    [bytes, Signature], None
]  # (message, signature): raises CorruptArtifactError; `Signatures.verify` is one


@dataclass(frozen=True, slots=True)
class Registered:
    """A version, as the chain's entry `entry` says that it was registered."""

    model: str
    version: int
    digest: str
    entry: int

    @property
    def prefix(self) -> str:
        return f"{ROOT}model={self.model}/version={self.version}/"


def wrong_artifacts(bucket: DataLake, versions: list[Registered], check: Check) -> Iterator[str]:
    """What is wrong with the versions' files, in no order of meaning: an object is named by its key.

    Raises:
        UnavailableError: S3 did not answer.
    """
    there: dict[str, set[str]] = {}
    known = {version.prefix: version for version in versions}
    for listed in bucket.list(ROOT):
        prefix, _, name = listed.key.rpartition("/")
        if prefix + "/" in known:
            there.setdefault(prefix + "/", set()).add(name)
        else:
            yield f"{listed.key} belongs to no version that an entry registered"

    def wrong(version: Registered) -> list[str]:
        names = there.get(version.prefix, set())
        return [*_wrong_in(bucket, version, names), *_wrong_signature(bucket, version, check)]

    with ThreadPoolExecutor(READERS) as readers:
        for found in readers.map(wrong, versions):
            yield from found


def _wrong_in(bucket: DataLake, version: Registered, names: set[str]) -> Iterator[str]:
    told = f"which entry {version.entry} registered"
    manifest = bucket.get(version.prefix + MANIFEST)
    if manifest is None:
        yield f"{version.prefix}{MANIFEST} is gone, {told}"
        return
    try:
        listed = listed_files(version.model, version.digest, manifest.body)
    except CorruptArtifactError:
        yield f"{version.prefix}{MANIFEST} was changed: it is not the one {told}"
        return
    files = {MANIFEST: manifest.body}
    for name, digest in sorted(listed.items()):
        found = bucket.get(version.prefix + name)
        if found is None:
            yield f"{version.prefix}{name} is gone, {told}"
        elif digest_of(found.body) != digest:
            yield f"{version.prefix}{name} was changed: it is not the one {told}"
        else:
            files[name] = found.body
    if len(files) == len(listed) + 1:
        yield from _wrong_layer(bucket, version, files)
    for name in sorted(names - {MANIFEST, LAYER, SIGNATURE, *listed}):
        yield f"{version.prefix}{name} is none of the files {told}"


def _wrong_signature(bucket: DataLake, version: Registered, check: Check) -> Iterator[str]:
    key = version.prefix + SIGNATURE
    signature, manifest = bucket.get(key), bucket.get(version.prefix + MANIFEST)
    if signature is None:
        yield f"{key} is gone: what entry {version.entry} registered is not signed"
    elif manifest is not None and digest_of(manifest.body) == version.digest:
        try:
            message = signed_message(version.model, version.version, manifest.body)
            check(message, Signature.from_bytes(signature.body))
        except CorruptArtifactError as error:
            yield f"{key} was changed: {error}"


def _wrong_layer(bucket: DataLake, version: Registered, files: Mapping[str, bytes]) -> Iterator[str]:
    found = bucket.get(version.prefix + LAYER)
    if found is None:
        yield f"{version.prefix}{LAYER} is gone, which entry {version.entry} registered"
    elif found.body != layer_zip(Artifact(version.model, version.digest, files)):
        yield f"{version.prefix}{LAYER} was changed: it is not made of the files of this version"
