"""Registered versions as models that score: fetched, checked, and kept open in a warm process."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from json import loads
from typing import Any

from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError
from functions.domain.event_fields import moment_of
from functions.domain.model_version import ModelVersion
from functions.gate.scoring import ScoringModel

OPEN = 2  # sessions that are kept: the champion's and the challenger's
_CONTRACT, _MODEL, _LINEAGE = "contract.json", "model.onnx", "lineage.json"


@dataclass(frozen=True, slots=True)
class Champion:
    """The live version; `fitted_until` is the newest time of the rows that it was fitted on, where that is known."""

    version: int
    release: int
    model: ScoringModel
    fitted_until: datetime | None

    def to_document(self) -> dict[str, Any]:
        until = None if self.fitted_until is None else self.fitted_until.isoformat()
        return {"version": self.version, "release": self.release, "fitted_until": until}


@dataclass(frozen=True, slots=True)
class Versions:
    """Opens versions by the digest of their model.onnx, which the registry names."""

    registry: Registry
    references: References
    _open: OrderedDict[str, ScoringModel] = field(default_factory=OrderedDict)

    def champion(self, model: str) -> Champion | None:
        """The live version, None where no release is live.

        Raises:
            NotFoundError, CorruptArtifactError, UnavailableError: as `References.files`.
        """
        live = self.registry.model(model).live
        if live is None:
            return None
        version = self.registry.version(model, self.registry.release(model, live).model_version)
        return Champion(version.number, live, self.scoring(version), self._fitted_until(version))

    def of_release(self, model: str, release: int) -> ScoringModel:
        """The version of a release."""
        return self.scoring(self.registry.version(model, self.registry.release(model, release).model_version))

    def scoring(self, version: ModelVersion) -> ScoringModel:
        """A version's model, from this process where it is open already."""
        found = self._open.pop(version.onnx_digest, None)
        if found is None:
            files = self.references.files(version, (_CONTRACT, _MODEL))
            contract = Contract.from_document(loads(files[_CONTRACT]))
            if contract.onnx_sha256 != version.onnx_digest:
                raise CorruptArtifactError(
                    f"{version.model} version {version.number} was registered with another model"
                )
            found = ScoringModel.open(contract, files[_MODEL])
        self._open[version.onnx_digest] = found
        while len(self._open) > OPEN:
            self._open.popitem(last=False)
        return found

    def _fitted_until(self, version: ModelVersion) -> datetime | None:
        lineage = loads(self.references.files(version, (_LINEAGE,))[_LINEAGE])
        period = ((lineage.get("data") or {}).get("fit") or {}).get("period")
        return None if period is None else moment_of(period, "last")
