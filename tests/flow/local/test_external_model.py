"""A model that is hosted elsewhere, from its folder to the message that it should be retrained: the template's own
schedules, functions, alarms and rules, in virtual time."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE, Names
from tests.contract.local.cloud import LocalCloud, running
from tests.flow.checkouts import make_checkout
from trimtab.project import Project
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import Stage
from trimtab.synth import synthesise

MODEL = """
[model]
name = "quays"
task = "binary"
[features.wind]
type = "float32"
[label]
name = "flooded"
positive = true
[train]
external = true
[evaluate]
schedule = "1d"
window = "1d"
"""
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
GOOD_DAYS, BAD_DAYS, ROWS = 3, 3, 480


def day_of(number: int, good: bool) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A day's observations with their labels; on a bad day another wind blows, and the model is wrong about it."""
    chance = random.Random(number)
    for row in range(ROWS):
        time = BEGIN + timedelta(days=number, seconds=row * 86_400 // ROWS)
        wind = chance.gauss(10 if good else 14, 2)
        likely = wind > 10
        is_right = chance.random() < (0.9 if good else 0.5)
        known = {"id": f"{number}-{row}", "time": time.isoformat(), "version": "7"}
        answer = {"label": likely, "probability": 0.9 if likely else 0.1}
        label = {"prediction_id": known["id"], "label": likely is is_right, "predicted_at": time.isoformat()}
        yield {**known, "inputs": {"wind": wind}, "prediction": answer}, label


@pytest.fixture(scope="module")
def cloud(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud with that one model, which has lived through all days."""
    if stage_name != LOCAL_STAGE:
        pytest.skip("needs a local cloud of its own")
    root = make_checkout(project, tmp_path_factory.mktemp("checkout"))
    (root / "models" / "quays").mkdir()
    (root / "models" / "quays" / "model.toml").write_text(MODEL)
    assembly = synthesise(Project(root, str(root / "state")), LOCAL_STAGE)
    with running(tmp_path_factory.mktemp("cloud") / "state", assembly) as cloud:
        live_through(cloud)
        yield cloud


def live_through(cloud: LocalCloud) -> None:
    stage = Stage(Names(LOCAL_STAGE, LOCAL_ACCOUNT, LOCAL_REGION), cloud.endpoint)
    cloud.control("clock", {"to": BEGIN.isoformat()})
    endpoint = SignedEndpoint(stage, "quays")
    for number in range(GOOD_DAYS + BAD_DAYS):
        observations, labels = zip(*day_of(number, good=number < GOOD_DAYS), strict=True)
        end = BEGIN + timedelta(days=number + 1)
        cloud.control("clock", {"to": (end - timedelta(minutes=2)).isoformat()})
        for kind, rows in (("observations", observations), ("labels", labels)):
            assert endpoint.send(kind, {kind: rows})["accepted"] == ROWS  # type: ignore[arg-type]
        status, moved = cloud.control("clock", {"to": (end + timedelta(hours=1)).isoformat()})
        assert status == 200
        assert [fired for fired in moved["fired"] if "error" in fired] == []


@pytest.fixture(scope="module")
def reports(cloud: LocalCloud) -> list[dict[str, Any]]:
    """The reports, the oldest first."""
    s3, bucket = cloud.client("s3"), "trimtab-local-data-123456789012-us-east-1"
    found = s3.list_objects_v2(Bucket=bucket, Prefix="reports/model=quays/")["Contents"]
    keys = sorted(entry["Key"] for entry in found if entry["Key"].endswith("report.json"))
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


def test_every_day_was_judged_on_all_that_was_sent(reports: list[dict[str, Any]]) -> None:
    first, *days = [report["performance"]["rows"] for report in reports]
    assert (first, days) == (0, [ROWS] * (GOOD_DAYS + BAD_DAYS))
    assert all(report["external"] for report in reports)


def test_the_report_has_its_performance_and_its_drift(reports: list[dict[str, Any]]) -> None:
    before, after = reports[GOOD_DAYS], reports[-1]
    losses = [
        next(metric["value"] for metric in report["performance"]["metrics"] if metric["name"] == "log_loss")
        for report in (before, after)
    ]
    assert losses[1] > 2 * losses[0]
    assert (before["drift"]["drifted"], after["drift"]["drifted"]) == (False, True)


def test_the_verdict_turns_once_it_was_found_twice(reports: list[dict[str, Any]]) -> None:
    verdicts = [report["verdict"]["verdict"] for report in reports]
    assert verdicts[0] == "NOT_ENOUGH_EVIDENCE", "at midnight before the first day"
    assert verdicts[1 : GOOD_DAYS + 2] == ["KEEP"] * (GOOD_DAYS + 1)
    assert verdicts[GOOD_DAYS + 2] == "RETRAIN"


def test_the_templates_alarms_go_off_for_what_happened_and_for_nothing_else(cloud: LocalCloud) -> None:
    states = {alarm["name"]: alarm["state"] for alarm in cloud.control("status")[1]["alarms"]}
    gone_off = {name for name, state in states.items() if state == "ALARM"}
    assert gone_off - {"trimtab-local-retrain-quays"} == {f"trimtab-local-{w}-quays" for w in ("drift", "performance")}
    assert states["trimtab-local-evaluation-overdue-quays"] == states["trimtab-local-no-traffic-quays"] == "OK"


def test_people_are_told_in_a_sentence_what_to_do(cloud: LocalCloud, reports: list[dict[str, Any]]) -> None:
    told = (cloud.state / "logs" / "sns" / "trimtab-local-alerts.log").read_text()
    reason = reports[GOOD_DAYS + 2]["verdict"]["reasons"][0]["text"]
    assert "Trimtab, stage local: RETRAIN of model quays, by what was seen until 2024-03-06T00:00:00Z" in told
    assert reason in told
    assert "trimtab-local-drift-quays" in told


def test_it_has_a_dashboard_as_a_hosted_model_has(cloud: LocalCloud) -> None:
    entries = cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert {entry["DashboardName"] for entry in entries} == {"trimtab-local", "trimtab-local-model-quays"}
