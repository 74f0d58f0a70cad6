"""The gate: judges a candidate, keeps the decision, and registers the version that passed. docs/correction.md draws it.

Safe to run twice, to die anywhere. The decision is written once, and a second run goes on from it: what was measured,
the latency for one, would not be the same again. What a version that passed is made of lies in the bucket before.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions.adapters.candidate_judge import Judged, judge
from functions.adapters.candidate_store import fetch_candidate
from functions.adapters.training_rows import read_manifest
from functions.adapters.write_once import put_once
from functions.domain.caller import person_named
from functions.domain.contract import Contract
from functions.domain.errors import ModelFolderError
from functions.domain.gate_decision import Check, GateDecision, gate_key
from functions.domain.model_config import ModelConfig
from functions.domain.parity import Parity
from functions.domain.training import Training
from functions.domain.windows import iso
from functions.gate.decide import Judgement, Subject, judged
from functions.gate.evidence import SnapshotRows, snapshot_rows, unseen
from functions.gate.request import GateRequest
from functions.gate.scoring import ScoringModel
from functions.gate.shadow import traffic
from functions.gate.tools import Tools
from functions.gate.versions import Champion

ACTOR = "gate"


def gate(request: GateRequest, tools: Tools, report: Callable[[str], None]) -> dict[str, Any]:
    """Judge a candidate, and act on it.

    Raises:
        NotFoundError: the model is not deployed, or what the request names is not there.
        CorruptArtifactError: a file is not what its name or the registry says.
        LeaseHeldError: the training was ended meanwhile, by another execution that took over.
        UnavailableError: AWS did not answer.
    """
    training = tools.trainings.of_execution(request.model, request.execution)
    if training.state == "running":
        training = replace(training, step="gate", candidate=request.candidate)
        tools.trainings.update(training, iso(request.at))
    decision = _kept(request, tools) or _decided(request, training, tools, report)
    if decision.decision == "passed":
        return _pass(request, training, decision, tools)
    return _end(request, training, decision, tools, version=None)


def _kept(request: GateRequest, tools: Tools) -> GateDecision | None:
    """The decision, where an earlier run of this execution made it."""
    found = tools.bucket.get(gate_key(request.model, request.execution))
    return None if found is None else GateDecision.from_document(json.loads(found.body))


def _decided(request: GateRequest, training: Training, tools: Tools, report: Callable[[str], None]) -> GateDecision:
    """Judge, and keep what a version would be made of, then the decision; the decision of whoever was faster."""
    config = tools.monitoring.config(request.model)
    candidate = fetch_candidate(tools.bucket, request.model, request.candidate)
    manifest = read_manifest(tools.bucket, request.model, request.snapshot)
    challenger: dict[str, str | None] = {"candidate": request.candidate, "artifact": None}
    champion = tools.versions.champion(request.model)
    named = None if champion is None else champion.to_document()
    try:
        rows = snapshot_rows(tools.bucket, manifest, config)
        made = judge(candidate, rows.parts, report)
    except ModelFolderError as error:  # it does not answer as its original, or not as its task asks: no retry helps
        found = Judgement([Check("parity", False, str(error))])
    else:
        found = judged(_subject(request, config, rows, made, champion, tools), _parity(made.parity))
        challenger["artifact"] = made.digest
        prefix = f"incoming/model={request.model}/{made.digest}/"
        for name, body in made.files.items():
            put_once(tools.bucket, prefix + name, body)
    decision = GateDecision(
        request.model, request.execution, iso(request.at), tuple(found.checks), named, challenger, found.evidence
    )
    kept = put_once(tools.bucket, gate_key(request.model, request.execution), decision.to_bytes(), "application/json")
    return GateDecision.from_document(json.loads(kept))


def _subject(
    request: GateRequest,
    config: ModelConfig,
    rows: SnapshotRows,
    made: Judged,
    champion: Champion | None,
    tools: Tools,
) -> Subject:
    contract = Contract.from_document(json.loads(made.files["contract.json"]))
    compared = unseen(rows.log, champion)
    return Subject(
        config=config,
        champion=champion,
        challenger=ScoringModel.open(contract, made.model.data),
        rows=compared,
        left_out=len(rows.log) - len(compared),
        golden=rows.golden,
        traffic=traffic(config, request.at, tools),
        seed=config.train.seed,
    )


def _parity(parity: Parity | None) -> Check:
    """A difference too large has raised already; without an original there was nothing to compare with."""
    if parity is None:
        return Check("parity", True, "the model has no original that it could differ from")
    text = f"ONNX answers as its original: at most {parity.largest_difference:.2g} apart"
    text += f" on {parity.rows:,} held-out and {parity.edge_rows:,} edge rows"
    numbers = {
        "rows": parity.rows,
        "edge_rows": parity.edge_rows,
        "largest_difference": parity.largest_difference,
    }
    return Check("parity", True, text, numbers)


def _pass(request: GateRequest, training: Training, decision: GateDecision, tools: Tools) -> dict[str, Any]:
    """Have the version registered, and approved where nobody has to be asked: nothing is done twice."""
    if training.state != "running":  # an earlier run did; a person may have decided otherwise since
        return _end(request, training, decision, tools, training.version)
    key = gate_key(request.model, request.execution)
    registered = tools.registering.register(
        request.model,
        f"incoming/model={request.model}/{decision.challenger['artifact']}/",
        ACTOR,
        person_named(training.actor) if training.cause == "person" else None,
        iso(request.at),
        {"at": decision.as_of, "gate": key, "execution": request.execution},
    )
    waits = registered["waits"]
    return _end(request, training, decision, tools, registered["version"]) | ({} if waits is None else {"waits": waits})


def _end(
    request: GateRequest, training: Training, decision: GateDecision, tools: Tools, version: int | None
) -> dict[str, Any]:
    """Tell of the decision, and end the training."""
    key = gate_key(request.model, request.execution)
    answer = {
        "decision": decision.decision,
        "version": version,
        "reasons": list(decision.reasons),
        "report": key,
    }
    if training.state == "running":
        event = {"v": 1, "model": request.model, "execution": request.execution, **answer}
        tools.events.publish("Gate", event, request.at)
        ended = replace(training, version=version, gate=key)
        tools.trainings.end(ended, decision.decision, decision.reasons, iso(request.at))
    return answer
