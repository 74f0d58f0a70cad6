"""What a training learns from: which rows, whether at all, and that a second run answers as the first."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.domain.dataset import Dataset, moment
from functions.domain.errors import InvalidRequestError
from functions.domain.holdout import parsed
from functions.domain.training import Training
from functions.snapshot import collection, handler, labelled_rows
from functions.snapshot.request import EndRequest, SnapshotRequest
from functions.snapshot.snapshot import end, snapshot
from tests.functions.snapshot.worlds import AT, FIRST_DAY, MODEL, World, first_rows, settings

NOW = "2013-03-11T00:00:00Z"


def asked(cause: str = "verdict", execution: str = "run-1", at: str = NOW) -> SnapshotRequest:
    event = {"model": MODEL, "cause": cause, "by": "rule", "time": at, "execution": execution}
    return SnapshotRequest.from_event(event)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.deploy()
    made.serve_days()
    return made


def test_labelled_mature_rows_are_learnt_from_with_the_first_training_set(world: World) -> None:
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "ready"
    manifest = world.manifest(answer["snapshot"])
    young = 120 * 6 // 24  # of the last day
    assert manifest.rows.log == 1_200 - young
    assert manifest.rows.immature == young
    assert (manifest.rows.first, manifest.rows.unlabelled, manifest.rows.quarantined) == (400, 0, 0)
    assert [file.part for file in manifest.files] == ["first", "log"]
    log = world.rows_of(manifest.files[1])
    assert log.time is not None
    assert log.time[-1] <= moment(AT - timedelta(hours=6))
    assert {type(label) for label in log.labels} == {bool}
    training = world.trainings.of_execution(MODEL, "run-1")
    assert (training.state, training.step, training.snapshot) == ("running", "retrain", answer["snapshot"])
    assert (training.labels, training.quarantined) == (manifest.rows.log, 0)


def test_the_hold_out_is_cut_of_the_newest_rows_of_the_log(world: World) -> None:
    answer = snapshot(asked(), world.tools)
    manifest = world.manifest(answer["snapshot"])
    assert manifest.hold_out_from is not None
    cut = moment(parsed(manifest.hold_out_from))
    log = world.rows_of(manifest.files[1])
    assert log.time is not None
    held = int((log.time >= cut).sum())
    assert (answer["fit_rows"], answer["holdout_rows"]) == (manifest.fit_rows, held)
    assert manifest.fit_rows == 400 + len(log) - held
    assert held == pytest.approx(0.2 * len(log), abs=2)


def test_where_the_log_is_short_the_gate_gets_enough_to_compare_on(tmp_path: Path) -> None:
    world = World(tmp_path, settings(gate={"min_rows": 150}))
    world.deploy()
    world.serve_days(days=4, rows=100)
    answer = snapshot(asked(at="2013-03-06T00:00:00Z"), world.tools)
    assert answer["holdout_rows"] == 150


def test_the_same_log_gives_the_same_manifest(world: World) -> None:
    first = snapshot(asked(execution="run-1"), world.tools)
    written = dict(world.s3.objects)
    again = snapshot(asked("person", execution="run-2"), world.tools)
    assert again["snapshot"] == first["snapshot"]
    assert world.s3.objects == written


def test_a_second_run_of_the_same_execution_answers_as_the_first(world: World) -> None:
    first = snapshot(asked(), world.tools)
    world.serve(FIRST_DAY, 50, seed=99)  # the log has changed meanwhile
    assert snapshot(asked(), world.tools) == first
    assert world.acts().count("training.started") == 1


def test_rows_of_other_sources_and_labels_of_later_are_not_learnt_from(world: World) -> None:
    day = FIRST_DAY + timedelta(days=3)
    rows = 120
    late = np.full(rows, np.datetime64("2013-03-12T00:00:00", "ms"))
    world.serve(day, rows, source=np.array(["smoke", "observation", "api"] * 40, dtype=object), labelled_at=late)
    manifest = world.manifest(snapshot(asked(), world.tools)["snapshot"])
    assert manifest.rows.log == 1_200 - 30 - rows
    assert manifest.rows.unlabelled == 40


@pytest.mark.parametrize(("keep", "first"), [(None, 400), (0, 0), (9 * 86_400, 0), (11 * 86_400, 400)])
def test_the_first_training_set_is_learnt_from_as_long_as_asked(tmp_path: Path, keep: int | None, first: int) -> None:
    world = World(tmp_path, settings({"keep_first_s": keep}))
    world.deploy()
    world.serve_days()
    assert world.manifest(snapshot(asked(), world.tools)["snapshot"]).rows.first == first


def test_a_first_training_set_without_times_is_all_learnt_from(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"keep_first_s": 86_400}))
    world.deploy(first_rows(timed=False))
    world.serve_days()
    answer = snapshot(asked(), world.tools)
    manifest = world.manifest(answer["snapshot"])
    assert manifest.fit_rows == 400 + manifest.rows.log - answer["holdout_rows"]


def test_a_version_of_before_there_were_snapshots_is_retrained_from_the_log_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.deploy(kept=False)
    world.serve_days()
    manifest = world.manifest(snapshot(asked(), world.tools)["snapshot"])
    assert [file.part for file in manifest.files] == ["log"]


@pytest.mark.parametrize("golden", [True, False])
def test_the_golden_set_goes_along_where_the_model_has_one(tmp_path: Path, golden: bool) -> None:
    world = World(tmp_path, settings(gate={"golden": golden}))
    world.deploy(golden=first_rows(60))
    world.serve_days()
    found = world.manifest(snapshot(asked(), world.tools)["snapshot"]).golden
    assert (found.rows if found else None) == (60 if golden else None)


def test_only_the_window_of_the_log_is_learnt_from(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"window_s": 5 * 86_400}))
    world.deploy()
    world.serve_days()
    manifest = world.manifest(snapshot(asked(), world.tools)["snapshot"])
    assert manifest.rows.log == 5 * 120 - 30
    assert manifest.window == {"start": "2013-03-06T00:00:00Z", "end": "2013-03-10T18:00:00Z"}


def test_with_an_auto_window_the_newest_rows_are_to_be_tried_alone(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"auto_window": True, "min_labels": 900}))
    world.deploy()
    world.serve_days()
    assert world.manifest(snapshot(asked(), world.tools)["snapshot"]).newest_to_try == (900, 300)


def test_a_feature_that_came_later_makes_rows_without_it_incomplete(world: World) -> None:
    colours = np.array(["red", None, "blue"] * 40, dtype=object)
    sizes = np.array([np.nan, 1.0, 2.0] * 40, dtype=np.float32)
    world.serve(FIRST_DAY, 120, in_colour=colours, in_size=sizes)
    manifest = world.manifest(snapshot(asked(), world.tools)["snapshot"])
    assert manifest.quarantine.by_reason["incomplete"] == 40
    log = world.rows_of(manifest.files[1])
    assert np.isnan(log.columns["size"]).sum() == 40, "null is allowed in this one"


# whether to train at all


def test_too_few_new_labels_skip_a_verdict_but_not_a_person(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"min_labels": 5_000}))
    world.deploy()
    world.serve_days()
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "skipped"
    assert "1,170 new labelled rows" in answer["reasons"][0]
    assert world.trainings.running(MODEL) is None
    assert snapshot(asked("person", "run-2"), world.tools)["decision"] == "ready"


def test_labels_that_a_training_has_seen_are_not_new(world: World) -> None:
    snapshot(asked(at="2013-03-09T00:00:00Z"), world.tools)
    seen = world.trainings.of_execution(MODEL, "run-1")
    world.trainings.end(seen, "passed", (), "2013-03-09T00:10:00Z")
    answer = snapshot(asked(execution="run-2"), world.tools)
    training = world.trainings.of_execution(MODEL, "run-2")
    assert answer["decision"] == "ready"
    assert training.labels == pytest.approx(240, abs=2), "of two days, those that had not matured too"


def test_one_execution_trains_at_a_time(world: World) -> None:
    snapshot(asked(), world.tools)
    world.running = {"run-1"}
    answer = snapshot(asked("person", "run-2"), world.tools)
    assert answer["decision"] == "skipped"
    assert "execution run-1 trains small" in answer["reasons"][0]
    world.running = set()
    assert snapshot(asked("person", "run-3"), world.tools)["decision"] == "ready"
    assert world.trainings.of_execution(MODEL, "run-1").state == "failed"


def test_after_a_refusal_a_verdict_waits(world: World) -> None:
    earlier = Training(MODEL, "run-0", "verdict", "rule", "2013-03-09T12:00:00Z", step="gate")
    world.trainings.begin(earlier, lambda *_: False)
    refused = world.trainings.of_execution(MODEL, "run-0")
    world.trainings.end(refused, "refused", ("worse",), "2013-03-09T12:30:00Z")
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "skipped"
    assert "the last challenger was refused" in answer["reasons"][0]


def test_too_few_labelled_rows_are_refused(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"min_labels": 10}))
    world.deploy()
    world.serve_days(days=1, rows=90)
    answer = snapshot(asked(), world.tools)
    assert (answer["decision"], answer["snapshot"]) == ("refused", None)
    assert "90 labelled rows of the log have matured" in answer["reasons"][0]
    training = world.trainings.of_execution(MODEL, "run-1")
    assert (training.state, training.reasons) == ("refused", tuple(answer["reasons"]))
    assert snapshot(asked(), world.tools) == answer


def test_an_empty_log_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.deploy()
    answer = snapshot(asked("person"), world.tools)
    assert answer["decision"] == "refused"
    assert "0 labelled rows of the log have matured" in answer["reasons"][0]


def test_rows_that_do_not_fit_memory_are_refused_before_they_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled_rows, "ROW_BYTES", 1_000_000)
    monkeypatch.setattr(collection, "read_rows", None)
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "refused"
    assert "give [train] a shorter window" in answer["reasons"][0]
    assert "1,170 labelled rows of 2 features" in answer["reasons"][0]


def test_a_feature_that_the_first_training_set_has_not_is_refused_with_what_to_do(world: World) -> None:
    features = (*world.config.features, replace(world.config.features[0], name="weight"))
    world.monitoring.configure(replace(world.config, features=features), "a deployment", "2013-01-01T00:00:00Z")
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "refused"
    assert "'weight'" in answer["reasons"][0]


def test_one_class_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"keep_first_s": 0}))
    world.deploy()
    for day in range(3):
        world.serve(FIRST_DAY + timedelta(days=day), 120, label=np.array(["true"] * 120, dtype=object))
    answer = snapshot(asked(), world.tools)
    assert answer["decision"] == "refused"
    assert "one class, True" in answer["reasons"][0]


def test_a_model_that_is_hosted_elsewhere_is_not_trained(world: World) -> None:
    world.monitoring.configure(replace(world.config, external=True), "a deployment", "2013-01-01T00:00:00Z")
    answer = snapshot(asked("person"), world.tools)
    assert answer["decision"] == "skipped"
    assert "hosted elsewhere" in answer["reasons"][0]


# what became of it otherwise


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"error": {"Error": "States.Timeout", "Cause": ""}}, "States.Timeout"),
        ({"error": {"Error": "Memory", "Cause": '{"errorMessage": "out of it"}'}}, "Memory: out of it"),
        ({"error": {"Error": "Odd", "Cause": "plain"}}, "Odd: plain"),
        ({"error": "text"}, "text"),
        ({}, "its execution failed without saying why"),
    ],
)
def test_a_failure_is_recorded_with_its_reason_and_frees_the_model(
    world: World, told: dict[str, Any], reason: str
) -> None:
    snapshot(asked(), world.tools)
    event = {"model": MODEL, "time": "2013-03-11T00:20:00Z", "execution": "run-1", **told}
    for _ in range(2):
        answer = end(EndRequest.from_event(event), "failed", world.tools)
        assert answer == {"decision": "failed", "reasons": [reason], "model": MODEL}
    training = world.trainings.of_execution(MODEL, "run-1")
    assert (training.state, training.step, training.reasons) == ("failed", "retrain", (reason,))
    assert world.trainings.running(MODEL) is None


def test_what_retrain_refused_is_recorded_as_refused(world: World) -> None:
    snapshot(asked(), world.tools)
    event = {"model": MODEL, "time": NOW, "execution": "run-1", "reasons": ["it cannot be converted"]}
    end(EndRequest.from_event(event), "refused", world.tools)
    assert world.trainings.of_execution(MODEL, "run-1").reasons == ("it cannot be converted",)


def test_of_a_training_that_never_began_nothing_is_recorded(world: World) -> None:
    event = {"model": MODEL, "time": NOW, "execution": "run-9", "error": "early"}
    assert end(EndRequest.from_event(event), "failed", world.tools)["decision"] == "failed"
    assert world.trainings.trainings(MODEL, 5) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cause": "moon"}, "cause is one of verdict, schedule, person, not 'moon'"),
        ({"time": "noon"}, "time 'noon' is not of the form"),
        ({"time": "2013-03-11T00:00:00"}, "names no zone"),
        ({"model": ""}, "model must be text"),
        ({"execution": None}, "execution must be text"),
    ],
)
def test_a_malformed_event_names_its_field(change: dict[str, Any], says: str) -> None:
    event = {"model": MODEL, "cause": "person", "time": NOW, "execution": "run-1", **change}
    with pytest.raises(InvalidRequestError, match=says):
        SnapshotRequest.from_event(event)


def test_an_unknown_action_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="action is one of snapshot, failed, refused, not None"):
        handler.handler({}, None)


def test_rows_learnt_from_are_as_a_client_sent_them(world: World) -> None:
    log = world.rows_of(world.manifest(snapshot(asked(), world.tools)["snapshot"]).files[1])
    assert isinstance(log, Dataset)
    assert log.columns["size"].dtype == np.float64
    assert set(log.columns["colour"]) == {"red", "blue"}
