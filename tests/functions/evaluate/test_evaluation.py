"""Whole evaluations: from hour objects in a bucket to report, event, metrics and the registry's document."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.domain.errors import CorruptArtifactError, NotFoundError
from functions.domain.reference import Reference
from functions.evaluate.evaluation import evaluate
from functions.evaluate.request import EvaluationRequest
from tests.functions.evaluate.worlds import ARTIFACTS, DATA, FIRST, World, reference_of_healthy_traffic, settings

END = FIRST + timedelta(days=4)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return reference_of_healthy_traffic(tmp_path_factory.mktemp("training"), settings())


@pytest.fixture
def world(tmp_path: Path, reference: Reference) -> World:
    world = World(tmp_path, settings(), {"Invocations": 100.0, "Errors": 1.0, "RejectedValues": 3.0})
    world.release(1, reference)
    return world


def judged(world: World, at: datetime = END) -> dict[str, Any]:
    return evaluate(EvaluationRequest(world.config.model, at, "tests"), world.tools)


def report_of(world: World, at: datetime = END) -> dict[str, Any]:
    return world.document(f"reports/model=small/{at:%Y-%m-%dT%H:%M:%SZ}/report.json")


def test_a_healthy_model_is_kept(world: World) -> None:
    world.serve(FIRST, 4)
    found = judged(world)
    assert (found["verdict"], found["live_version"]) == ("KEEP", "1")
    assert found["rows"] == 2 * 24 * 40
    report = report_of(world)
    assert report["drift"]["judged"]
    assert not report["drift"]["drifted"]
    assert report["performance"]["rows"] == 2 * 24 * 40
    assert report["operation"]["rows"] == 2 * 24 * 40


def test_a_model_whose_labels_turned_is_to_be_retrained(world: World) -> None:
    world.serve(FIRST, 4, wrong=0.3)
    found = judged(world)
    assert found["verdict"] == "RETRAIN"
    assert found["rules"][0] == "worse_than_reference"
    report = report_of(world)
    [value] = [m for m in report["performance"]["metrics"] if m["name"] == "log_loss"]
    assert value["value"] > value["reference"]["value"] * 1.3


def test_shifted_inputs_are_drift_and_the_estimate_follows_them(world: World) -> None:
    world.serve(FIRST, 4, shift=-1.5)
    judged(world)
    report = report_of(world)
    drifted = {column["name"]: column for column in report["drift"]["columns"] if column["drifted"]}
    assert {"size", "score"} <= set(drifted)
    assert "colour" not in drifted
    [realised] = [m["value"] for m in report["performance"]["metrics"] if m["name"] == "log_loss"]
    [estimated] = [m["value"] for m in report["estimate"]["labelled_window"]["metrics"] if m["name"] == "log_loss"]
    assert estimated == pytest.approx(realised, rel=0.1)


def test_performance_is_judged_on_mature_rows_only(world: World) -> None:
    world.serve(FIRST, 4)
    report = report_of(world) if judged(world) else {}
    assert report["window"] == {"start": "2013-03-03T00:00:00Z", "end": "2013-03-05T00:00:00Z"}
    assert report["labelled_window"] == {"start": "2013-03-02T18:00:00Z", "end": "2013-03-04T18:00:00Z"}
    assert report["maturity"]["window"]["young"] == pytest.approx(6 * 40, abs=1)


def test_a_window_without_labels_is_judged_by_its_estimate(world: World) -> None:
    world.serve(FIRST, 4, labelled=0.0)
    found = judged(world)
    assert (found["verdict"], found["labelled_rows"]) == ("KEEP", 0)
    assert "estimate_holds" in found["rules"]
    assert report_of(world)["estimate"]["method"] == "CBPE"


def test_an_empty_window_is_reported_as_empty(world: World) -> None:
    found = judged(world)
    assert (found["verdict"], found["rows"], found["labelled_rows"]) == ("NOT_ENOUGH_EVIDENCE", 0, 0)
    report = report_of(world)
    assert report["performance"]["rows"] == 0
    assert report["maturity"]["window"]["predictions"] == 0
    assert not report["drift"]["judged"]
    assert "<html" in world.s3.objects[DATA, "reports/model=small/2013-03-05T00:00:00Z/report.html"].decode()


def test_a_model_without_a_release_is_evaluated_too(tmp_path: Path) -> None:
    world = World(tmp_path, settings())
    found = judged(world)
    assert (found["verdict"], found["live_version"]) == ("NOT_ENOUGH_EVIDENCE", None)


def test_a_model_that_was_never_deployed_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no settings of other"):
        evaluate(EvaluationRequest("other", END, "tests"), world.tools)


def test_a_changed_reference_is_not_trusted(world: World, reference: Reference) -> None:
    world.serve(FIRST, 4)
    changed = replace(reference, loss=1.0).to_bytes()
    world.s3.objects[ARTIFACTS, "artifacts/model=small/version=1/reference.json"] = changed
    with pytest.raises(CorruptArtifactError, match=r"reference\.json was changed"):
        judged(world)


def test_a_second_run_writes_the_same_and_records_once(world: World) -> None:
    world.serve(FIRST, 4)
    judged(world)
    before, revision = report_of(world), _revision(world)
    judged(world)
    after = report_of(world)
    assert _without_durations(before) == _without_durations(after)
    assert _revision(world) == revision


def test_later_evaluations_look_back_on_earlier_ones(world: World) -> None:
    world.serve(FIRST, 5)
    for day in (3, 4, 5):
        judged(world, FIRST + timedelta(days=day))
    report = report_of(world, FIRST + timedelta(days=5))
    assert [entry["window"][1] for entry in report["history"]] == ["2013-03-04T00:00:00Z", "2013-03-05T00:00:00Z"]
    assert len(report["estimate"]["tracked"]) == 3
    assert report["estimate"]["mean_absolute_error"] < 0.05


def test_a_new_version_that_does_worse_is_to_be_rolled_back(world: World, reference: Reference) -> None:
    world.serve(FIRST, 3)
    judged(world, FIRST + timedelta(days=3))
    world.release(2, reference)
    world.serve(FIRST + timedelta(days=3), 2, version="2", wrong=0.3)
    found = judged(world, FIRST + timedelta(days=5))
    assert (found["verdict"], found["rules"][0]) == ("ROLL_BACK", "worse_than_predecessor")


def test_what_drifts_long_after_a_version_took_over_is_no_reason_to_go_back(world: World, reference: Reference) -> None:
    world.serve(FIRST, 3)
    judged(world, FIRST + timedelta(days=3))
    world.release(2, reference)
    world.serve(FIRST + timedelta(days=3), 6, version="2", wrong=0.3)
    found = judged(world, FIRST + timedelta(days=9))
    assert (found["verdict"], found["rules"][0]) == ("RETRAIN", "worse_than_reference")


def test_rows_of_another_version_do_not_speak_for_the_live_one(world: World, reference: Reference) -> None:
    world.serve(FIRST, 4, wrong=0.4)
    world.release(2, reference)
    found = judged(world)
    assert found["live_version"] == "2"
    assert "too_few_labels" in found["rules"]
    assert [part["version"] for part in report_of(world)["performance"]["versions"]] == ["1"]


def test_the_verdict_is_published_with_its_reasons(world: World) -> None:
    world.serve(FIRST, 4, wrong=0.3)
    judged(world)
    [event] = world.events.sent
    detail = json.loads(event["Detail"])
    assert (event["Source"], event["DetailType"], event["EventBusName"]) == ("trimtab", "Verdict", "trimtab-test")
    assert event["Time"] == END
    assert (detail["model"], detail["verdict"]) == ("small", "RETRAIN")
    assert detail["reasons"]


def test_metrics_are_told_by_model_and_by_version(world: World) -> None:
    world.serve(FIRST, 4)
    judged(world)
    by_model, by_version = (json.loads(line) for line in world.said)
    assert by_model["Evaluations"] == 1
    assert by_model["Drifted"] == 0
    assert by_model["log_loss"] > 0
    assert by_model["estimated_log_loss"] > 0
    assert by_version["version"] == "1"
    assert by_version["_aws"]["Timestamp"] == END.timestamp() * 1000


def test_counts_of_cloudwatch_reach_the_report(world: World) -> None:
    world.serve(FIRST, 4)
    judged(world)
    report = report_of(world)
    assert report["operation"]["errors"] == 1
    assert {column["name"]: column["turned_away"] for column in report["quality"]["columns"]} == {
        "size": 3,
        "colour": 3,
    }


def test_only_hours_that_changed_are_fetched_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.serve(FIRST, 4)
    judged(world)
    fetched: list[str] = []
    get = world.s3.get_object

    def counting(Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        fetched.append(Key)
        return get(Bucket, Key)

    monkeypatch.setattr(world.s3, "get_object", counting)
    world.serve(END - timedelta(days=1), 1, seed=5)
    judged(world)
    assert len([key for key in fetched if key.startswith("table/")]) == 24


@pytest.mark.parametrize("external", [True, False])
def test_a_model_without_training_data_is_compared_with_its_first_full_window(tmp_path: Path, external: bool) -> None:
    world = World(tmp_path, replace(settings(), external=external))
    if not external:
        world.release(1, Reference.unknown("small"))
    world.serve(FIRST, 6)
    early = judged(world, FIRST + timedelta(days=1))
    assert early["verdict"] == "NOT_ENOUGH_EVIDENCE"
    assert report_of(world, FIRST + timedelta(days=1))["reference"] is None
    judged(world, FIRST + timedelta(days=3))
    frozen = world.s3.objects[DATA, "references/model=small/reference.json"]
    world.serve(FIRST + timedelta(days=4), 2, shift=-1.5, wrong=0.3)
    later = judged(world, FIRST + timedelta(days=6))
    assert world.s3.objects[DATA, "references/model=small/reference.json"] == frozen
    report = report_of(world, FIRST + timedelta(days=6))
    assert report["reference"]["source"] == "first_window"
    assert report["drift"]["drifted"]
    assert later["verdict"] == "RETRAIN"
    assert report["external"] is external


def test_windows_end_on_the_hour() -> None:
    request = EvaluationRequest.from_event({"model": "small", "time": "2013-03-05T02:15:09+02:00"})
    assert request.at == datetime(2013, 3, 5, tzinfo=UTC)


def _revision(world: World) -> int:
    [stored] = world.table.read_all("MODEL#small", "EVALUATION#")
    return stored.revision


def _without_durations(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key != "duration_s"}
