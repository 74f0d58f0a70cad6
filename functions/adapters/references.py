"""Finds what a window is compared with: the reference of the live version, or the one frozen from a first window."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import loads

from functions.adapters.data_lake import DataLake
from functions.domain.canonical_json import digest_of
from functions.domain.contract import Contract
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.reference import Reference
from functions.domain.release_artifact import MANIFEST, listed_files

CONTRACT, REFERENCE = "contract.json", "reference.json"


@dataclass(frozen=True, slots=True)
class References:
    """`artifacts` is the bucket of registered versions, `data` the one that frozen references are kept in."""

    artifacts: DataLake
    data: DataLake

    def of_version(self, version: ModelVersion) -> tuple[Contract, Reference]:
        """A registered version's contract and reference, each checked against the manifest that the registry names.

        Raises:
            NotFoundError: a file of the artifact is not there.
            CorruptArtifactError: one is not what was registered.
            UnavailableError: S3 did not answer.
        """
        files = self.files(version, (CONTRACT, REFERENCE))
        known = Reference.from_bytes(files[REFERENCE]) if REFERENCE in files else Reference.unknown(version.model)
        return Contract.from_document(loads(files[CONTRACT])), known

    def files(self, version: ModelVersion, names: Sequence[str]) -> dict[str, bytes]:
        """Files of a registered version by name, each checked; those that its manifest does not list are left out.

        Raises:
            As `of_version`.
        """
        prefix, digests = _prefix(version), self.digests(version)
        found = {name: self._read(prefix + name) for name in names if name in digests}
        for name, body in found.items():
            if digest_of(body) != digests[name]:
                raise CorruptArtifactError(f"{prefix}{name} was changed after it was registered: do not trust it")
        return found

    def digests(self, version: ModelVersion) -> dict[str, str]:
        """SHA-256 of each file that a registered version's manifest lists, by name.

        Raises:
            As `of_version`.
        """
        return listed_files(version.model, version.artifact_digest, self._read(_prefix(version) + MANIFEST))

    def frozen(self, model: str) -> Reference | None:
        """The reference that was frozen from the model's first window."""
        found = self.data.get(_frozen_key(model))
        return None if found is None else Reference.from_bytes(found.body)

    def freeze(self, reference: Reference) -> Reference:
        """Keep a first window's reference for good; where another evaluation was faster, the one that it kept."""
        try:
            self.data.put_if(_frozen_key(reference.model), reference.to_bytes(), None)
        except ConflictError:
            return self.frozen(reference.model) or reference
        return reference

    def _read(self, key: str) -> bytes:
        found = self.artifacts.get(key)
        if found is None:
            raise NotFoundError(f"{key} is not in the artifact bucket, and the registry says that it is")
        return found.body


def _prefix(version: ModelVersion) -> str:
    return f"artifacts/model={version.model}/version={version.number}/"


def _frozen_key(model: str) -> str:
    return f"references/model={model}/{REFERENCE}"
