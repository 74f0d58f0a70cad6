"""When a model's log is made a table, and when it is judged."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.schedules import cron
from tests.infra.conftest import Assembly, Template, flat


def schedules(template: Template) -> dict[str, dict[str, Any]]:
    return {each["Name"]: each for each in template.all("AWS::Scheduler::Schedule")}


def test_a_table_is_made_each_hour_and_a_model_judged_as_it_says(flights: Template, waves: Template) -> None:
    def expressions(template: Template) -> dict[str, str]:
        return {name: each["ScheduleExpression"] for name, each in schedules(template).items()}

    assert expressions(flights) == {
        "trimtab-prod-compact-flights": "cron(5 */1 * * ? *)",
        "trimtab-prod-evaluate-flights": "cron(15 0 * * ? *)",
        "trimtab-prod-retrain-flights": "cron(30 1 ? * MON *)",
    }
    assert expressions(waves)["trimtab-prod-evaluate-waves"] == "cron(15 0 ? * MON *)"


def test_locally_a_table_is_made_once_a_day_so_that_a_year_replays_in_minutes(local: Assembly) -> None:
    found = schedules(local.template("trimtab-local-model-flights"))
    assert found["trimtab-local-compact-flights"]["ScheduleExpression"] == "cron(5 0 * * ? *)"


@pytest.mark.parametrize(
    ("every", "expression"),
    [
        (timedelta(hours=1), "cron(5 */1 * * ? *)"),
        (timedelta(hours=12), "cron(5 */12 * * ? *)"),
        (timedelta(days=1), "cron(5 0 * * ? *)"),
        (timedelta(days=7), "cron(5 0 ? * MON *)"),
    ],
)
def test_every_span_that_a_model_may_ask_for_has_its_expression(every: timedelta, expression: str) -> None:
    assert cron(5, every) == expression


def test_schedules_are_punctual_and_in_utc(flights: Template) -> None:
    for schedule in schedules(flights).values():
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600}


@pytest.mark.parametrize("verb", ["compact", "evaluate"])
def test_each_runs_its_function_with_the_model_and_the_time_that_it_was_due(flights: Template, verb: str) -> None:
    target = schedules(flights)[f"trimtab-prod-{verb}-flights"]["Target"]
    assert flat(target["Arn"]).endswith(f":function:trimtab-prod-{verb}")
    assert flat(target["RoleArn"]) == "<SchedulesRole.Arn>"
    event = {"model": "flights", "time": "<aws.scheduler.scheduled-time>", "by": "schedule"}
    assert json.loads(target["Input"]) == event


def test_nothing_is_due_before_the_functions_can_know_the_models_settings(flights: Template) -> None:
    (settings,) = flights.of_type("Custom::ModelConfig")
    for schedule in flights.of_type("AWS::Scheduler::Schedule").values():
        assert schedule["DependsOn"] == [settings]


def test_a_model_judged_each_hour_has_its_table_made_each_hour_wherever(tmp_path: Any) -> None:
    from functions.adapters.evaluate_settings import EvaluateSettings
    from functions.domain.durations import duration
    from infra.schedules import compact_every
    from infra.settings import stage_settings
    from infra.stage import StageContext
    from tests.infra.test_settings import CONTEXT

    local, prod = (StageContext(stage_settings(CONTEXT, name)) for name in ("local", "prod"))
    hourly, daily = (duration(EvaluateSettings(schedule=span).schedule) for span in ("1h", "1d"))
    assert compact_every(local, hourly) == timedelta(hours=1)
    assert compact_every(local, daily) == timedelta(days=1)
    assert compact_every(prod, daily) == timedelta(hours=1)
