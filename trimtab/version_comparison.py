"""Versions of a model side by side: what each was measured to be, where it came from, and what became of it."""

from collections.abc import Sequence
from dataclasses import asdict
from json import loads
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.references import References
from functions.adapters.registry import ModelStatus, Registry
from functions.adapters.registry_store import Store
from functions.adapters.registry_table import RegistryTable
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import NotFoundError
from functions.domain.evaluation import Evaluation
from functions.domain.model_version import ModelVersion
from functions.domain.reference import Reference
from functions.domain.training import Training
from trimtab.stage import Stage

LAST_VERSIONS = 4
LAST = 3  # refusals
LAST_TRAININGS, LAST_EVALUATIONS = 500, 500
_LINEAGE, _REFERENCE = "lineage.json", "reference.json"


def compare_versions(stage: Stage, model: str, numbers: Sequence[int]) -> dict[str, Any]:
    """As `Comparison.document`, for a stage. Raises NotFoundError for a version or a model that is not there."""
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    bucket = DataLake(stage.client("s3"), stage.names.artifact_bucket)
    return Comparison(store, bucket, model).document(numbers)


class Comparison:
    """Reads of one model what a comparison of its versions tells."""

    def __init__(self, store: Store, bucket: DataLake, model: str) -> None:
        self._known: ModelStatus = Registry(store).status(model)
        self._trainings: list[Training] = TrainingRegistry(store).trainings(model, LAST_TRAININGS)
        self._evaluations: list[Evaluation] = MonitoringRegistry(store).evaluations(model, LAST_EVALUATIONS)
        self._references, self._bucket = References(bucket, bucket), bucket
        self._model = model

    def document(self, numbers: Sequence[int]) -> dict[str, Any]:
        """The versions of these numbers; without any, the last few.

        Raises:
            NotFoundError: the model has no version, or none of that number.
        """
        versions = {version.number: version for version in self._known.versions}
        missing = [number for number in numbers if number not in versions]
        if missing or not versions:
            there = f"it has {', '.join(map(str, versions))}" if versions else "deploy it first"
            raise NotFoundError(f"{self._model} has no version {missing[0] if missing else 1}: {there}")
        chosen = numbers or sorted(versions)[-LAST_VERSIONS:]
        return {
            "model": self._model,
            "versions": [self._version(versions[number]) for number in chosen],
            "refused": [self._refusal(training) for training in self._trainings if training.state == "refused"][-LAST:],
        }

    def _version(self, version: ModelVersion) -> dict[str, Any]:
        files = self._references.files(version, (_LINEAGE, _REFERENCE))
        lineage = loads(files[_LINEAGE])
        reference = Reference.from_bytes(files[_REFERENCE]) if _REFERENCE in files else Reference.unknown(self._model)
        return {
            "version": version.number,
            "state": version.state,
            "live": self._live_number() == version.number,
            "registered_at": version.registered_at,
            "registered_by": version.registered_by,
            "fit": _part(lineage, "fit"),
            "holdout": _part(lineage, "holdout"),
            "metrics": {name: asdict(value) for name, value in reference.metrics.items()},
            "gate": self._gate(version.number),
            "releases": self._releases(version.number),
            "in_service": self._in_service(str(version.number)),
        }

    def _refusal(self, training: Training) -> dict[str, Any]:
        """A challenger that became no version."""
        return {
            "execution": training.execution,
            "started_at": training.started_at,
            "step": training.step,
            "reasons": list(training.reasons),
            "report": training.gate,
        }

    def _live_number(self) -> int | None:
        live = self._known.record.live
        return next((one.model_version for one in self._known.releases if one.number == live), None)

    def _releases(self, number: int) -> list[dict[str, Any]]:
        """Its releases, and when each went live the last time."""
        return [
            {"release": one.number, "state": one.state, "live_at": one.live_at}
            for one in self._known.releases
            if one.model_version == number
        ]

    def _in_service(self, version: str) -> dict[str, Any] | None:
        """What evaluations found of it while it was live: how many, from when to when, and the last judged metric."""
        found = [one for one in self._evaluations if one.live_version == version]
        if not found:
            return None
        judged = [one.versions[version] for one in found if version in one.versions]
        return {
            "windows": len(found),
            "from": found[0].window[0],
            "to": found[-1].window[1],
            "judged": judged[-1] if judged else None,
            "verdicts": [one.verdict for one in found][-5:],
        }

    def _gate(self, number: int) -> dict[str, Any] | None:
        """The gate's word on it; None of a version that a person deployed."""
        passed = next((one for one in reversed(self._trainings) if one.version == number and one.gate), None)
        if passed is None or passed.gate is None:
            return None
        found = self._bucket.get(passed.gate)
        decision: dict[str, Any] = {} if found is None else loads(found.body)
        return {
            "execution": passed.execution,
            "cause": passed.cause,
            "decision": decision.get("decision", passed.state),
            "reasons": list(passed.reasons),
            "champion": (decision.get("champion") or {}).get("version"),
            "report": passed.gate,
        }


def _part(lineage: dict[str, Any], name: str) -> dict[str, Any] | None:
    """How many rows it was fitted or measured on, and from when to when they are."""
    part: dict[str, Any] | None = (lineage.get("data") or {}).get(name)
    return part
