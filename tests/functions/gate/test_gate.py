"""The gate: what a challenger must show, that a refusal says why, and what follows from both."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.domain.approval import ApprovalConfig
from functions.domain.errors import CorruptArtifactError, InvalidRequestError
from functions.domain.holdout import Split
from functions.gate import handler
from functions.gate.request import GateRequest
from tests.functions.gate.worlds import EXECUTION, NOW, GateWorld, artifact_of, fitted
from tests.functions.snapshot.worlds import ARTIFACTS, FIRST_DAY, MODEL, settings


def world_of(path: Path, **gate: Any) -> GateWorld:
    slices = gate.pop("slices", ("colour",))
    return GateWorld(path, settings(gate=gate, slices=slices))


@pytest.fixture
def world(tmp_path: Path) -> GateWorld:
    """A version of February is live; in March the colour counts, which it has not learnt."""
    made = world_of(tmp_path)
    made.deploy()
    made.serve()
    return made


def test_a_challenger_that_learnt_what_is_new_passes_and_is_approved(world: GateWorld) -> None:
    answer = world.judge(world.request())
    assert answer["decision"] == "passed", answer["reasons"]
    assert answer["version"] == 2
    assert world.registry.version(MODEL, 2).state == "approved"
    assert world.registry.model(MODEL).candidate == 2
    assert (ARTIFACTS, f"artifacts/model={MODEL}/version=2/layer.zip") in world.s3.objects
    training = world.trainings.of_execution(MODEL, EXECUTION)
    assert (training.state, training.version, training.gate) == ("passed", 2, answer["report"])
    assert world.trainings.running(MODEL) is None
    [event] = world.bus.sent
    assert event["DetailType"] == "Gate"
    decision = world.decision()
    assert decision["decision"] == "passed"
    assert [check["name"] for check in decision["checks"] if not check["passed"]] == []
    assert {check["name"] for check in decision["checks"]} == {
        "parity", "enough_rows", "answers", "gain", "slices", "calibration", "latency", "size",
    }  # fmt: skip
    assert decision["champion"]["version"] == 1


def test_the_gain_is_told_in_words_and_numbers(world: GateWorld) -> None:
    world.judge(world.request())
    gain = world.check("gain")
    numbers = gain["numbers"]
    assert numbers["challenger"] < numbers["champion"]
    assert numbers["low"] > 0
    assert numbers["rows"] == world.decision()["evidence"]["held_out"]["rows"]
    assert gain["text"].startswith(f"log loss {numbers['challenger']:.4g} against {numbers['champion']:.4g} on ")
    assert "% better; needed: better; at 90 % confidence it is at least" in gain["text"]


def test_where_people_must_approve_what_passed_waits_for_them_signed_and_with_its_evidence(world: GateWorld) -> None:
    config = world.stage.monitoring.config(MODEL)
    world.stage.monitoring.configure(replace(config, approval=ApprovalConfig("two")), "a deployment", NOW)
    request = world.request()
    answer = world.judge(request)
    assert (answer["decision"], answer["version"]) == ("passed", 2)
    assert answer["waits"] == "version 2 of small waits until two people approved it; its author may not"
    version = world.registry.version(MODEL, 2)
    assert (version.state, version.author, version.author_person) == ("registered", "gate", "ann")
    assert version.proposal.evidence_at == world.decision()["as_of"]
    assert world.registry.model(MODEL).candidate is None
    assert (ARTIFACTS, f"artifacts/model={MODEL}/version=2/signature.json") in world.s3.objects
    before = world.stage.table.head()
    assert world.judge(request)["version"] == 2, "a second run finds the training ended"
    assert world.stage.table.head() == before


def test_a_worse_challenger_is_refused_and_nothing_is_registered(world: GateWorld) -> None:
    answer = world.judge(world.request("flipped"))
    assert (answer["decision"], answer["version"]) == ("refused", None)
    assert any("worse; needed: better" in reason for reason in answer["reasons"])
    assert world.registry.model(MODEL).versions == 1
    training = world.trainings.of_execution(MODEL, EXECUTION)
    assert (training.state, training.reasons) == ("refused", tuple(answer["reasons"]))
    assert training.gate == answer["report"]
    [event] = world.bus.sent
    assert '"decision": "refused"' in event["Detail"]
    assert world.check("gain")["passed"] is False


def test_the_champion_itself_is_no_better_than_the_champion(world: GateWorld) -> None:
    """Where nothing has changed, nothing is won: the gate does not let chance through."""
    quiet = replace(world.stage.config, gate=replace(world.stage.config.gate, min_gain=0.2))
    world.stage.monitoring.configure(quiet, "a deployment", "2013-01-01T00:00:00Z")
    answer = world.judge(world.request())
    gain = world.check("gain")
    assert answer["decision"] == ("passed" if gain["numbers"]["low"] > 0.2 else "refused")
    assert "needed: more than 20 % better" in gain["text"]


def test_an_onnx_model_that_answers_otherwise_than_its_original_is_refused(world: GateWorld) -> None:
    key = world.snapshot()
    honest = world.candidate(key)
    assert honest.original is not None
    assert honest.original.answers.scores is not None
    answers = replace(honest.original.answers, scores=honest.original.answers.scores + 0.01)
    prefix = world.put(replace(honest, original=replace(honest.original, answers=answers)))
    answer = world.judge(GateRequest(MODEL, _at(NOW), EXECUTION, key, prefix))
    assert answer["decision"] == "refused"
    assert [check["name"] for check in world.decision()["checks"]] == ["parity"]
    assert "the ONNX model and its original differ" in answer["reasons"][0]


def test_a_challenger_that_loses_on_the_golden_set_does_not_pass_whatever_the_log_says(tmp_path: Path) -> None:
    world = world_of(tmp_path, golden=True)
    world.deploy(golden_red=0.0)
    world.serve(red=-3.0)
    answer = world.judge(world.request())
    assert answer["decision"] == "refused"
    assert world.check("gain")["passed"] is True
    golden = world.check("golden")
    assert golden["passed"] is False
    assert "rows of the golden set" in answer["reasons"][0]


def test_a_challenger_that_holds_on_the_golden_set_passes(tmp_path: Path) -> None:
    world = world_of(tmp_path, golden=True)
    world.deploy(golden_red=1.5)
    world.serve()
    assert world.judge(world.request())["decision"] == "passed"
    assert world.check("golden")["numbers"]["rows"] == 300


def test_a_golden_set_that_was_never_deployed_is_a_refusal(tmp_path: Path) -> None:
    world = world_of(tmp_path, golden=True)
    world.deploy()
    world.serve()
    answer = world.judge(world.request())
    assert answer["decision"] == "refused"
    assert "no version was deployed with one" in answer["reasons"][0]


def test_rows_that_the_champion_was_fitted_on_are_not_compared_on(world: GateWorld) -> None:
    """A champion of the loop learnt from all of the log but its own hold-out: on the rest it would look too good."""
    assert world.judge(world.request())["decision"] == "passed"
    world.stage.live(2)
    world.judge(world.request(execution="run-2", at="2013-03-10T12:00:00Z"))
    fitted_until = world.decision("run-2")["champion"]["fitted_until"]
    assert fitted_until < world.decision("run-2")["evidence"]["held_out"]["first"]
    numbers = world.check("enough_rows", "run-2")["numbers"]
    assert numbers["left_out"] > 0
    assert numbers["rows"] + numbers["left_out"] == world.trainings.of_execution(MODEL, "run-2").holdout_rows


def test_too_few_rows_of_after_the_champions_fit_are_a_refusal(tmp_path: Path) -> None:
    world = world_of(tmp_path, min_rows=150)
    world.deploy()
    world.serve()
    request = world.request()
    champion = world.tools.versions.champion(MODEL)
    assert champion is not None
    late = replace(champion, fitted_until=FIRST_DAY + timedelta(days=9, hours=8))

    class Known:
        def champion(self, model: str) -> Any:
            return late

    answer = world.judge(request, replace(world.tools, versions=Known()))  # type: ignore[arg-type]
    assert answer["decision"] == "refused"
    assert "needed: 150" in answer["reasons"][0]
    assert "of the time that the live version was fitted on" in answer["reasons"][0]


def test_without_a_champion_parity_and_enough_rows_are_enough(world: GateWorld) -> None:
    request = world.request("flipped")

    class Nobody:
        def champion(self, model: str) -> None:
            return None

    answer = world.judge(request, replace(world.tools, versions=Nobody()))  # type: ignore[arg-type]
    assert answer["decision"] == "passed"
    assert {check["name"] for check in world.decision()["checks"]} == {"parity", "enough_rows", "answers"}
    assert world.decision()["champion"] is None


def test_a_slice_that_got_credibly_worse_is_a_refusal(tmp_path: Path) -> None:
    """Of blue rows the world is as before; a challenger that learnt them wrong is worse there, and better elsewhere."""
    world = world_of(tmp_path, slice_floor=0.0, slices=("colour",))
    world.deploy()
    world.serve(rows=300)
    key = world.snapshot()
    parts = world.parts(key)
    blue = parts.fit.columns["colour"] == "blue"
    labels = parts.fit.labels.copy()
    labels[blue] = [bool(place % 2) for place in range(int(blue.sum()))]
    candidate = fitted(Split(replace(parts.fit, labels=labels), parts.holdout), "0" * 64)
    answer = world.judge(GateRequest(MODEL, _at(NOW), EXECUTION, key, world.put(candidate)))
    slices = world.check("slices")
    assert answer["decision"] == "refused"
    assert slices["passed"] is False
    assert "rows with colour = blue" in slices["text"]
    assert {part["slice"] for part in slices["numbers"]["slices"]} == {"colour=red", "colour=blue"}


@pytest.mark.parametrize(
    ("gate", "check"),
    [
        ({"size_ratio": 0.1}, "size"),
        ({"latency_ratio": 0.01}, "latency"),
        ({"calibration_floor": -1.0}, "calibration"),
    ],
)
def test_each_ratio_and_floor_is_a_check_of_its_own(tmp_path: Path, gate: dict[str, Any], check: str) -> None:
    world = world_of(tmp_path, **gate)
    world.deploy()
    world.serve()
    answer = world.judge(world.request())
    assert answer["decision"] == "refused"
    assert [found["name"] for found in world.decision()["checks"] if not found["passed"]] == [check]
    assert "allowed" in answer["reasons"][0]


def test_real_traffic_is_answered_by_both_and_told(world: GateWorld) -> None:
    day = FIRST_DAY + timedelta(days=9)
    world.serve_day(day, 150, 1.5, seed=9, every=2)
    world.judge(world.request())
    traffic = world.decision()["evidence"]["traffic"]
    assert (traffic["rows"], traffic["labelled"]) == (7 * 150, 6 * 150 + 75)
    assert traffic["prediction_psi"] > 0.01
    assert set(traffic["metrics"]["log_loss"]) == {"champion", "challenger"}


# run again, and what is not what it says


def test_a_second_run_goes_on_from_the_decision_and_changes_nothing(world: GateWorld) -> None:
    request = world.request()
    first = world.judge(request)
    objects, acts = dict(world.s3.objects), world.stage.acts()
    assert world.judge(request, world.fresh_tools()) == first
    assert world.s3.objects == objects
    assert world.stage.acts() == acts
    assert len(world.bus.sent) == 1


def test_the_version_is_made_of_the_bytes_that_a_training_by_hand_makes(world: GateWorld) -> None:
    request = world.request()
    world.judge(request)
    by_hand = artifact_of(world.candidate(request.snapshot), world.parts(request.snapshot))
    assert world.registry.version(MODEL, 2).artifact_digest == by_hand.digest


def test_a_candidate_that_was_changed_is_not_judged(world: GateWorld) -> None:
    request = world.request()
    world.s3.objects[ARTIFACTS, request.candidate + "lineage.json"] = b"{}"
    with pytest.raises(CorruptArtifactError, match="not what its digest says"):
        world.judge(request)
    assert world.trainings.of_execution(MODEL, EXECUTION).state == "running"


def test_a_champion_that_was_changed_is_not_compared_with(world: GateWorld) -> None:
    request = world.request()
    world.s3.objects[ARTIFACTS, f"artifacts/model={MODEL}/version=1/model.onnx"] = b"another"
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx was changed after it was registered"):
        world.judge(request)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"snapshot": "training/model=other/" + "0" * 64 + ".json"}, "must be 'training/model=small/<digest>.json'"),
        ({"candidate": None}, "candidate must be text"),
        ({"time": "noon"}, "is not of the form"),
    ],
)
def test_a_malformed_event_names_its_field(change: dict[str, Any], says: str) -> None:
    event = {
        "model": MODEL,
        "time": NOW,
        "execution": "run-1",
        "snapshot": f"training/model={MODEL}/{'0' * 64}.json",
        "candidate": "candidates/…",
        **change,
    }
    with pytest.raises(InvalidRequestError, match=says):
        GateRequest.from_event(event)


def test_an_unknown_action_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="action is one of gate, canary, not 'judge'"):
        handler.handler({"action": "judge"}, None)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
