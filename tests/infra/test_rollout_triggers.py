"""What sets roll_out off, and that nothing else may."""

import json
from typing import Any

from tests.infra.conftest import Assembly, Template, flat

ROLL_OUT = "<RolloutRollOutFunction.Arn>"


def rules(platform: Template) -> dict[str, dict[str, Any]]:
    """The rules with roll_out as their target, by the kind of event."""
    found = [each for each in platform.all("AWS::Events::Rule") if flat(each["Targets"][0]["Arn"]) == ROLL_OUT]
    return {each["EventPattern"]["detail-type"][0]: each for each in found}


def test_the_gates_word_a_verdict_and_an_alarm_set_it_off(platform: Template) -> None:
    found = rules(platform)
    assert set(found) == {"Gate", "Verdict", "CloudWatch Alarm State Change"}
    assert found["Gate"]["EventPattern"]["detail"] == {"decision": ["passed"]}
    assert found["Verdict"]["EventPattern"]["detail"] == {"verdict": ["ROLL_BACK"]}
    for kind in ("Gate", "Verdict"):
        assert flat(found[kind]["EventBusName"]) == "<AlertsBus>"
        assert found[kind]["EventPattern"]["source"] == ["trimtab"]


def test_of_alarms_those_that_a_release_can_be_the_cause_of(platform: Template) -> None:
    rule = rules(platform)["CloudWatch Alarm State Change"]
    assert "EventBusName" not in rule, "CloudWatch tells the default bus"
    assert rule["EventPattern"]["detail"] == {
        "alarmName": [
            {"prefix": "trimtab-prod-errors-"},
            {"prefix": "trimtab-prod-function-errors-"},
            {"prefix": "trimtab-prod-latency-"},
        ],
        "state": {"value": ["ALARM"]},
    }


def test_the_alarms_that_set_it_off_are_some_that_a_model_has(platform: Template, flights: Template) -> None:
    names = {alarm["AlarmName"] for alarm in flights.all("AWS::CloudWatch::Alarm")}
    wanted = rules(platform)["CloudWatch Alarm State Change"]["EventPattern"]["detail"]["alarmName"]
    for prefix in wanted:
        assert prefix["prefix"] + "flights" in names


def test_events_get_the_whole_event_and_are_tried_again(platform: Template) -> None:
    for rule in rules(platform).values():
        (target,) = rule["Targets"]
        assert not {"Input", "InputPath", "InputTransformer"} & set(target)
        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600}


def test_each_rule_may_invoke_it_and_no_other_rule(platform: Template) -> None:
    permissions = [
        each
        for each in platform.all("AWS::Lambda::Permission")
        if flat(each["FunctionName"]).startswith("<RolloutRollOut")
    ]
    assert {flat(each["SourceArn"]) for each in permissions} == {
        f"<RolloutTriggersOn{what}.Arn>" for what in ("Gate", "Verdict", "Alarm")
    }
    assert len(permissions) == 3
    assert {each["Principal"] for each in permissions} == {"events.amazonaws.com"}


def test_it_looks_every_minute_and_locally_four_times_a_day(platform: Template, local: Assembly) -> None:
    def schedule(template: Template) -> dict[str, Any]:
        (found,) = [
            each for each in template.all("AWS::Scheduler::Schedule") if flat(each["Target"]["Arn"]) == ROLL_OUT
        ]
        return found

    assert schedule(platform)["ScheduleExpression"] == "cron(* * * * ? *)"
    assert schedule(local.template("trimtab-local-platform"))["ScheduleExpression"] == "cron(25 */6 * * ? *)"
    event = json.loads(schedule(platform)["Target"]["Input"])
    assert event == {"action": "reconcile", "time": "<aws.scheduler.scheduled-time>", "by": "schedule"}
