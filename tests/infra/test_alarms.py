"""The alarms: what each watches, what a missing value means to it, whom it tells."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.alarm import LONGEST, Signal, absence
from tests.infra.conftest import Assembly, Template, flat

EVERY_MODEL = {
    "errors",
    "function-errors",
    "throttles",
    "no-traffic",
    "log-fallback",
    "rejected-records",
    "evaluation-overdue",
    "drift",
    "performance",
    "retrain",
    "roll-back",
}


def alarms(template: Template, model: str) -> dict[str, dict[str, Any]]:
    """A model's alarms by what they are about."""
    named = {each["AlarmName"]: each for each in template.all("AWS::CloudWatch::Alarm")}
    assert all(name.startswith("trimtab-prod-") and name.endswith(f"-{model}") for name in named)
    return {name.removeprefix("trimtab-prod-").removesuffix(f"-{model}"): each for name, each in named.items()}


def every_alarm(assembly: Assembly) -> Iterator[dict[str, Any]]:
    for stack in assembly.stacks:
        yield from assembly.template(stack).all("AWS::CloudWatch::Alarm")


def test_a_model_has_these_alarms(flights: Template) -> None:
    assert set(alarms(flights, "flights")) == EVERY_MODEL | {"latency", "no-labels"}


def test_a_model_hosted_elsewhere_has_those_that_make_sense_and_that_it_wants(waves: Template) -> None:
    assert set(alarms(waves, "waves")) == EVERY_MODEL, "no predict whose latency counts, and no_labels is off"


def test_each_tells_the_stages_topic_and_says_what_to_do(assembly: Assembly) -> None:
    for alarm in every_alarm(assembly):
        (action,) = alarm["AlarmActions"]
        assert flat(action).rpartition(":")[2] in ("trimtab-prod-alerts", "trimtab-local-alerts")
        assert 60 < len(alarm["AlarmDescription"]) <= 1_024, alarm["AlarmName"]
        assert "OKActions" not in alarm, "a new alarm goes to OK: nobody wants a mail of that"


def period(alarm: dict[str, Any]) -> int:
    if "Period" in alarm:
        return int(alarm["Period"])
    (seconds,) = {each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each}
    return int(seconds)


def test_none_looks_further_back_than_cloudwatch_does(assembly: Assembly) -> None:
    """A day, or a week with periods of an hour or more."""
    for alarm in every_alarm(assembly):
        longest = 7 * 86_400 if period(alarm) >= 3_600 else 86_400
        assert period(alarm) * alarm["EvaluationPeriods"] <= longest, alarm["AlarmName"]


@pytest.mark.parametrize(
    ("what", "namespace", "metric", "statistic", "limit"),
    [
        ("errors", "AWS/ApiGateway", "5XXError", "Average", 0.01),
        ("latency", "AWS/Lambda", "Duration", "p95", 1_000),
        ("no-traffic", "Trimtab", "CompactedRows", "Sum", 1),
        ("no-labels", "Trimtab", "Labels", "Sum", 1),
        ("log-fallback", "Trimtab", "UnacknowledgedRecords", "Sum", 1),
        ("rejected-records", "Trimtab", "RejectedRecords", "Sum", 1),
        ("evaluation-overdue", "Trimtab", "Evaluations", "Sum", 1),
        ("drift", "Trimtab", "Drifted", "Maximum", 1),
        ("performance", "Trimtab", "PerformanceBreached", "Maximum", 1),
        ("retrain", "Trimtab", "Retrain", "Maximum", 1),
        ("roll-back", "Trimtab", "RollBack", "Maximum", 1),
    ],
)
def test_each_watches_its_metric(
    flights: Template, what: str, namespace: str, metric: str, statistic: str, limit: float
) -> None:
    alarm = alarms(flights, "flights")[what]
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic
    assert alarm["Threshold"] == limit


@pytest.mark.parametrize(("what", "metric"), [("function-errors", "Errors"), ("throttles", "Throttles")])
def test_the_troubles_of_both_functions_are_added_up(flights: Template, what: str, metric: str) -> None:
    total, watched = None, {}
    for each in alarms(flights, "flights")[what]["Metrics"]:
        if "Expression" in each:
            total = each["Expression"]
        else:
            named = each["MetricStat"]["Metric"]
            watched[named["Dimensions"][0]["Value"]] = (named["Namespace"], named["MetricName"], each["ReturnData"])
    assert total == "FILL(m1, 0) + FILL(m2, 0)"
    both = ("trimtab-prod-predict-flights", "trimtab-prod-ingest-flights")
    assert watched == dict.fromkeys(both, ("AWS/Lambda", metric, False))


def test_custom_metrics_are_those_of_the_model(flights: Template) -> None:
    for what, alarm in alarms(flights, "flights").items():
        if alarm.get("Namespace") == "Trimtab":
            assert alarm["Dimensions"] == [{"Name": "model", "Value": "flights"}], what


def test_silence_is_an_alarm_where_it_is_the_trouble_and_nowhere_else(flights: Template) -> None:
    by_silence: dict[str, set[str]] = {}
    for what, alarm in alarms(flights, "flights").items():
        by_silence.setdefault(alarm["TreatMissingData"], set()).add(what)
    assert by_silence["breaching"] == {"no-traffic", "no-labels", "evaluation-overdue"}
    assert by_silence["ignore"] == {"drift", "performance", "retrain", "roll-back"}, "until the next evaluation"


def test_what_was_just_deployed_is_not_blamed_for_its_silence(flights: Template) -> None:
    warm_ups = {
        what: alarm["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"]
        for what, alarm in alarms(flights, "flights").items()
        if "WarmUpConfiguration" in alarm
    }
    assert warm_ups == {"no-traffic": 1_440, "no-labels": 2_880, "evaluation-overdue": 2_880}


def looked_back(alarm: dict[str, Any]) -> timedelta:
    assert alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) == alarm["EvaluationPeriods"]
    return timedelta(seconds=alarm["Period"] * alarm["EvaluationPeriods"])


def test_an_evaluation_is_overdue_after_two_schedules(flights: Template) -> None:
    assert looked_back(alarms(flights, "flights")["evaluation-overdue"]) == timedelta(days=2, hours=1)


def test_of_a_weekly_schedule_cloudwatch_sees_but_one(waves: Template) -> None:
    assert looked_back(alarms(waves, "waves")["evaluation-overdue"]) == timedelta(days=7)


def test_traffic_is_missed_after_what_model_toml_says(flights: Template, waves: Template) -> None:
    assert looked_back(alarms(flights, "flights")["no-traffic"]) == timedelta(hours=25)
    assert looked_back(alarms(waves, "waves")["no-traffic"]) == timedelta(hours=7)


def test_where_tables_are_made_rarely_traffic_is_looked_for_as_rarely(local: Assembly) -> None:
    named = {
        each["AlarmName"]: each for each in local.template("trimtab-local-model-waves").all("AWS::CloudWatch::Alarm")
    }
    alarm = named["trimtab-local-no-traffic-waves"]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (24 * 3_600, 2)


@pytest.mark.parametrize("hours", [1, 5, 24, 100, 168])
@pytest.mark.parametrize("step", [1, 6, 24])
def test_a_silence_is_never_noticed_early_nor_beyond_a_week(hours: int, step: int) -> None:
    after, period = timedelta(hours=hours), timedelta(hours=step)
    alarm = absence(what="x", means="", do="", signal=Signal("n", "m", {}, "Sum"), after=after, period=period)
    span = alarm.periods * alarm.period
    assert min(after, LONGEST) <= span <= LONGEST


def test_the_functions_that_nobody_waits_for_have_an_alarm_each(platform: Template) -> None:
    found = {each["AlarmName"]: each for each in platform.all("AWS::CloudWatch::Alarm")}
    assert set(found) == {f"trimtab-prod-{verb}-errors" for verb in ("compact", "evaluate", "roll-out", "seal")}
    for name, alarm in found.items():
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": name.removesuffix("-errors")}]


def test_every_metric_that_an_alarm_watches_is_one_that_a_function_writes(assembly: Assembly) -> None:
    """Else it would stay silent for ever; read from the code that ships."""
    from infra.own_code import own_files
    from tests.infra.conftest import ROOT

    code = "\n".join(
        path.read_text()
        for verb in ("predict", "ingest", "compact", "evaluate")
        for path in own_files(ROOT, verb).values()
        if path.suffix == ".py"
    )
    ours = {alarm["MetricName"] for alarm in every_alarm(assembly) if alarm.get("Namespace") == "Trimtab"}
    assert len(ours) == 9
    assert {metric for metric in ours if f'"{metric}"' not in code} == set()
