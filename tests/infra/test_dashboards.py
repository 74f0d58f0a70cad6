"""The dashboards: one a model, one for all."""

import json
import re
from typing import Any

from tests.infra.conftest import Assembly, Template


def body(template: Template) -> dict[str, Any]:
    """A dashboard's document, CloudFormation's functions in it replaced by a word."""
    whole = template.only("AWS::CloudWatch::Dashboard")["DashboardBody"]
    if isinstance(whole, dict):
        whole = "".join(part if isinstance(part, str) else "token" for part in whole["Fn::Join"][1])
    document: dict[str, Any] = json.loads(whole)
    return document


def charts(template: Template) -> dict[str, list[Any]]:
    """The lines of each chart by its title."""
    return {
        each["properties"]["title"]: each["properties"]["metrics"]
        for each in body(template)["widgets"]
        if each["type"] == "metric"
    }


def metrics(lines: list[Any]) -> set[str]:
    """The names of plain metrics."""
    return {line[1] for line in lines if isinstance(line[0], str)}


def expressions(lines: list[Any]) -> list[str]:
    return [line[0]["expression"] for line in lines if isinstance(line[0], dict)]


def test_each_model_has_one_and_so_have_all(assembly: Assembly) -> None:
    stage = assembly.stacks[0].split("-")[1]
    names = {assembly.template(stack).only("AWS::CloudWatch::Dashboard")["DashboardName"] for stack in assembly.stacks}
    models = {f"trimtab-{stage}-model-{model}" for model in ("flights", "tides", "waves")}
    assert names == models | {f"trimtab-{stage}"}


def test_a_models_own_shows_what_clients_feel_what_was_judged_and_what_was_logged(flights: Template) -> None:
    found = charts(flights)
    assert {"Count", "4XXError", "5XXError", "RejectedRequests"} == metrics(found["Requests"])
    assert {line[-1].get("stat") for line in found["Latency, ms"]} == {None, "p50", "p95", "p99"}
    assert metrics(found["Errors and throttles of its functions"]) == {"Errors", "Throttles"}
    assert metrics(found["Drifted columns"]) == {"DriftedColumns"}
    assert metrics(found["The truth"]) == {"Labels", "Observations", "RejectedRows", "LabelCoverage"}
    assert {"CompactedRows", "UnacknowledgedRecords", "RescuedRecords"} <= metrics(found["The log and its table"])


def test_the_judged_metric_stands_beside_its_estimate_and_by_version(flights: Template, waves: Template) -> None:
    lines = charts(flights)["Log loss: true, estimated, by version"]
    assert metrics(lines) == {"log_loss", "estimated_log_loss"}
    assert expressions(lines) == [
        """SEARCH('{Trimtab,model,version} MetricName="log_loss" model="flights"', 'Average', 3600)"""
    ]
    assert metrics(charts(waves)["Log loss: true, estimated, by version"]) == {"log_loss", "estimated_log_loss"}


def test_all_of_a_models_alarms_are_on_it(flights: Template) -> None:
    (widget,) = [each for each in body(flights)["widgets"] if each["type"] == "alarm"]
    assert len(widget["properties"]["alarms"]) == len(flights.of_type("AWS::CloudWatch::Alarm"))


def test_a_model_hosted_elsewhere_has_the_same_but_for_predict(flights: Template, waves: Template) -> None:
    assert set(charts(flights)) == set(charts(waves))
    assert "trimtab-prod-predict-flights" in json.dumps(charts(flights))
    assert "trimtab-prod-predict" not in json.dumps(charts(waves))


def test_the_one_for_all_finds_models_by_their_metrics_and_names_none(platform: Template) -> None:
    found = charts(platform)
    assert len(found) == 10
    assert all(expressions(lines) and not metrics(lines) for lines in found.values())
    assert not re.search("flights|tides|waves", json.dumps(body(platform)))


def test_no_row_is_wider_than_a_dashboard(platform: Template, flights: Template) -> None:
    for template in (platform, flights):
        assert {each["width"] for each in body(template)["widgets"]} == {12, 24}
