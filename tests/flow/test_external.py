"""A model that runs elsewhere is judged, charted and alarmed as a hosted one is: by what it sends."""

import json
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.domain.errors import InvalidRequestError
from tests.flow.checkouts import make_checkout, run
from trimtab.local_process import control
from trimtab.project import Project
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import LOCAL, Stage, open_stage

SETTINGS = """
[model]
name = "tides"
task = "binary"
description = "Whether the next tide floods the quay."

[features.wind_speed]
type = "float32"
min = 0

[features.quay]
type = "string"
categories = ["north", "south"]

[label]
name = "flooded"
positive = true
matures_after = "6h"

[train]
external = true

[evaluate]
window = "7d"
slices = ["quay"]
"""
START = datetime(2024, 3, 4, tzinfo=UTC)
A_DAY = 96  # observations: one each quarter of an hour
WEEK = 7 * A_DAY
SHIFT = 8.0  # m/s of wind, in the second week


@pytest.fixture(scope="module")
def checkout(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one model: a folder that holds model.toml alone."""
    if stage_name != LOCAL:
        pytest.skip("needs a local cloud of its own")
    root = make_checkout(project, tmp_path_factory.mktemp("checkout"))
    (root / "models" / "tides").mkdir()
    (root / "models" / "tides" / "model.toml").write_text(SETTINGS)
    return root


@pytest.fixture(scope="module")
def stage(checkout: Path) -> Any:
    run(checkout, "deploy", "tides")
    yield open_stage(Project(checkout), LOCAL)
    run(checkout, "down")


@pytest.fixture(scope="module")
def weeks(checkout: Path, stage: Stage) -> list[dict[str, Any]]:
    """The reports of two weeks, the second with stronger wind."""
    endpoint = SignedEndpoint(stage, "tides")
    observations, labels = sent()
    for batch in batched(observations, 500, strict=False):
        assert endpoint.send("observations", {"observations": batch})["rejected"] == []
    for batch in batched(labels, 500, strict=False):
        assert endpoint.send("labels", {"labels": batch})["rejected"] == []
    ends = [START + timedelta(days=7, hours=6), START + timedelta(days=14, hours=6)]
    return [json.loads(run(checkout, "evaluate", "tides", "--at", end.isoformat(), "--json")) for end in ends]


def sent() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Observations with ids of their own and their labels; the model knows how wind floods the quay."""
    chance = np.random.default_rng(11)
    wind = np.maximum(0, chance.normal(10, 3, 2 * WEEK) + SHIFT * (np.arange(2 * WEEK) >= WEEK))
    likely = 1 / (1 + np.exp(-(wind - 12) / 2))
    flooded = chance.uniform(size=2 * WEEK) < likely
    observations, labels = [], []
    for row in range(2 * WEEK):
        time = (START + timedelta(days=row / A_DAY)).isoformat()
        observations.append(
            {
                "id": f"tide-{row}",
                "time": time,
                "version": "2024-02",
                "inputs": {"wind_speed": float(wind[row]), "quay": "north" if row % 2 else "south"},
                "prediction": {"label": bool(likely[row] > 0.5), "probability": float(likely[row])},
            }
        )
        labels.append({"prediction_id": f"tide-{row}", "predicted_at": time, "label": bool(flooded[row])})
    return observations, labels


def test_its_stack_comes_up_with_nothing_to_train(checkout: Path, stage: Stage) -> None:
    said = json.loads(run(checkout, "deploy", "tides", "--json"))
    assert said["external"] is True
    assert said["url"].startswith("http")


def test_the_first_full_week_is_what_the_next_is_compared_with(weeks: list[dict[str, Any]]) -> None:
    first, second = weeks
    assert first["external"] is True
    assert first["performance"]["rows"] == WEEK
    assert second["reference"]["source"] == "first_window"
    assert second["reference"]["rows"] == WEEK
    assert second["live"]["version"] == "2024-02"


def test_performance_and_drift_are_in_the_report_as_a_hosted_models_are(weeks: list[dict[str, Any]]) -> None:
    second = weeks[1]
    metrics = {metric["name"]: metric for metric in second["performance"]["metrics"]}
    assert metrics["log_loss"]["low"] < metrics["log_loss"]["value"] < metrics["log_loss"]["high"]
    assert metrics["log_loss"]["reference"]["value"] == pytest.approx(0.5, abs=0.15)
    assert {part["value"] for part in second["performance"]["slices"] if part["feature"] == "quay"} == {
        "north",
        "south",
    }
    drifted = {column["name"] for column in second["drift"]["columns"] if column["drifted"]}
    assert "wind_speed" in drifted
    assert "quay" not in drifted
    assert second["maturity"]["labelled_window"]["coverage"] == 1


def test_status_dashboard_and_alarms_know_it(checkout: Path, stage: Stage, weeks: list[dict[str, Any]]) -> None:
    about = json.loads(run(checkout, "status", "tides", "--json"))
    assert about["external"] is True
    assert about["release"] is None
    assert about["monitoring"]["verdict"]["verdict"] == weeks[1]["verdict"]["verdict"]
    assert about["monitoring"]["verdict"]["label_coverage"] == 1
    assert about["monitoring"]["next_evaluation"].endswith("T00:15:00Z")
    dashboard = stage.client("cloudwatch").get_dashboard(DashboardName=stage.names.dashboard("tides"))
    assert "log_loss" in dashboard["DashboardBody"]
    alarms = {alarm["name"] for alarm in control(str(stage.endpoint), "status")["alarms"]}
    assert {stage.names.alarm(what, "tides") for what in ("drift", "performance", "no-labels")} <= alarms
    run(checkout, "status")


def test_its_metrics_are_published_by_version(stage: Stage, weeks: list[dict[str, Any]]) -> None:
    listed = stage.client("cloudwatch").list_metrics(Namespace="Trimtab", MetricName="log_loss")["Metrics"]
    dimensions = [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in listed]
    assert {"model": "tides", "version": "2024-02"} in dimensions
    assert {"model": "tides"} in dimensions


def test_predict_says_why_there_is_nothing_to_ask(checkout: Path, tmp_path: Path, stage: Stage) -> None:
    from trimtab.predict_file import predict_file

    rows = tmp_path / "rows.json"
    rows.write_text('[{"wind_speed": 3, "quay": "north"}]')
    with pytest.raises(InvalidRequestError, match="hosted elsewhere"):
        predict_file(Project(checkout), stage, "tides", rows, None)
