"""The contracts of the model versions whose predictions are in the log."""

from json import loads

from functions.adapters.data_lake import DataLake
from functions.compact.outputs import OutputReader
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError


class Contracts:
    """Reads each contract once: artifacts never change."""

    def __init__(self, artifacts: DataLake) -> None:
        self._artifacts = artifacts
        self._known: dict[tuple[str, int], OutputReader] = {}

    def of(self, model: str, version: int) -> OutputReader:
        """How to read the outputs of a version.

        Raises:
            CorruptArtifactError: there is no such version, or its contract is of another schema version.
            UnavailableError: S3 did not answer, or does not let us.
        """
        if (model, version) not in self._known:
            found = self._artifacts.get(f"artifacts/model={model}/version={version}/contract.json")
            if found is None:
                raise CorruptArtifactError(f"version {version} of {model} has no contract in the artifact bucket")
            self._known[model, version] = OutputReader(Contract.from_document(loads(found.body)))
        return self._known[model, version]
