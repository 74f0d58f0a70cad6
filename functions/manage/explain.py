"""What served a request: its record, the release and the version that answered, what that learnt from and who let it.

Everything is read from the log, the registry and the artifacts; what none of them says is null.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import Logs
from functions.adapters.registry_store import Store
from functions.domain.errors import NotFoundError
from functions.domain.model_version import ModelVersion
from functions.domain.names import Names
from functions.domain.release import Release
from functions.domain.rollout import Rollout
from functions.manage import card_training
from functions.manage.audit_of_version import audit_of_version
from functions.manage.model_facts import ModelFacts
from functions.manage.served import Asked, Served, ServedRequests

SCHEMA_VERSION = 1
MOST_ENTRIES = 20_000  # in no index, which an answer waits for while they are gone through

Document = dict[str, Any]


class Explain:
    """Requests of one stage; `data` is the bucket of the log, `artifacts` that of versions, snapshots and decisions.

    With `logs` and `names` it also looks for records that no stream took, in the logs of the functions that answered.
    """

    def __init__(
        self, store: Store, data: DataLake, artifacts: DataLake, logs: Logs | None = None, names: Names | None = None
    ) -> None:
        self._store, self._data, self._artifacts = store, data, artifacts
        self._served = ServedRequests(data, logs if names else None)
        self._names = names or Names("", "", "")

    def document(self, model: str, request_id: str, at: datetime | None = None) -> Document:
        """What served a request, or one row of it (`<request id>-<row>`); `at` for observations with ids of their own.

        Raises:
            InvalidRequestError: the id does not tell when it was made, and `at` is missing.
            NotFoundError: there is no such request in the log.
            CorruptArtifactError: a file is not what was registered.
            UnavailableError: AWS did not answer.
        """
        asked = Asked.of(request_id, at)
        served = self._served.find(model, asked, self._names.function("predict", model))
        if served is None:
            raise NotFoundError(
                f"the log of {model} has no request {asked.id} in the hour of {asked.at:%Y-%m-%d %H:00} UTC. What was "
                "answered minutes ago may still be on its way"
            )
        facts = ModelFacts(self._store, self._data, self._artifacts, model)
        version = next((one for one in facts.status.versions if str(one.number) == served.version), None)
        release = next((one for one in facts.status.releases if one.number == served.release), None)
        return {
            "v": SCHEMA_VERSION,
            "model": model,
            "request": asked.id,
            "served": asdict(served),
            "release": None if release is None else _release(release),
            "rollout": _rollout(facts, served),
            "version": None if version is None else self._version(facts, version),
        }

    def _version(self, facts: ModelFacts, version: ModelVersion) -> Document:
        training = facts.training_of(version.number)
        return {
            "version": version.number,
            "state": version.state,
            "reason": version.reason,
            "registered_at": version.registered_at,
            "registered_by": version.registered_by,
            "artifact_sha256": version.artifact_digest,
            "onnx_sha256": version.onnx_digest,
            "contract_sha256": version.contract_digest,
            "trained_on": card_training.data(facts, version),
            "made_by": card_training.made_by(facts, version, training),
            "gate": _gate(card_training.gate(facts, training)),
            "approvals": [asdict(approval) for approval in version.approvals],
            "acts": self._acts(facts, version),
        }

    def _acts(self, facts: ModelFacts, version: ModelVersion) -> list[Document] | None:
        """The audit chain's entries about the version; None where too many were written before there was an index."""
        if self._store.indexed_from() > MOST_ENTRIES:
            return None
        return audit_of_version(self._store.entries_about(facts.model), facts, version.number)


def _release(release: Release) -> Document:
    told = ("number", "model_version", "code_digest", "layer", "published_at", "state", "live_at", "barred")
    return {name: getattr(release, name) for name in told}


def _gate(gate: Document | None) -> Document | None:
    """The decision in short: the report has each check's numbers."""
    if gate is None:
        return None
    checks = [{name: check.get(name) for name in ("name", "passed", "text")} for check in gate["checks"]]
    return {name: gate[name] for name in ("decision", "as_of", "champion", "report")} | {"checks": checks}


def _rollout(facts: ModelFacts, served: Served) -> Document | None:
    """The newest rollout that had begun by then, and the share of the traffic that the release had at that time."""
    at = datetime.fromisoformat(served.time)
    begun = [one for one in facts.rollouts if datetime.fromisoformat(one.started_at) <= at]
    if not begun or served.release is None:
        return None
    last = begun[-1]
    lines = [line for line in last.history if datetime.fromisoformat(line["time"]) <= at]
    weight = float(lines[-1]["weight"]) if lines else 0.0
    return {
        "number": last.number,
        "release": last.release,
        "champion": last.champion,
        "cause": last.cause,
        "actor": last.actor,
        "started_at": last.started_at,
        "state": last.state,
        "weight": weight,
        "reason": lines[-1]["reason"] if lines else None,
        "share": _share(last, served.release, weight),
    }


def _share(rollout: Rollout, release: int, weight: float) -> float | None:
    """What part of the traffic a release had; None of one that should have had none: the alias had not moved yet."""
    shares = {rollout.champion: 1 - weight, rollout.release: weight}
    return shares.get(release)
