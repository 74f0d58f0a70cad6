"""How an alarm's state follows from its data points: AWS's own tables, and the definitions that are refused."""

from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.alarm_definition import AlarmDefinition, read_alarm
from trimtab.local.alarm_evaluation import Windows, judge, read_points
from trimtab.local.alarm_messages import reason
from trimtab.local.alarm_state import read_warm_up
from trimtab.local.metric_store import MetricStore, metric_name

NOON = 1_362_139_200
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def properties(**more: Any) -> dict[str, Any]:
    given = {
        "AlarmName": "a",
        "Namespace": "Tiny",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    return {name: value for name, value in {**given, **more}.items() if value is not None}


def alarm(**more: Any) -> AlarmDefinition:
    return read_alarm(properties(**more))


def points(text: str) -> list[tuple[int, float | None]]:
    """`0` within the threshold, `X` breaching, `-` missing; the most recent on the right."""
    values = {"0": 0.0, "X": 1.0, "-": None}
    return [(NOON + index * 60, values[mark]) for index, mark in enumerate(text.split())]


# "Configuring how CloudWatch alarms treat missing data", first table: three of three.
THREE_OF_THREE = [
    ("0 - X - X", ("OK", "OK", "OK", "OK")),
    ("0 - - - -", ("OK", "OK", "OK", "OK")),
    ("- - - - -", ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
    ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", ("ALARM", None, "ALARM", "OK")),
]
# Second table: two of three.
TWO_OF_THREE = [
    ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", ("ALARM", None, "ALARM", "OK")),
]
# The text below the tables: no alarm before the breaching point is old enough.
PREMATURE = [("- - - - X", ("OK", None)), ("- - - X -", ("OK", None))]


@pytest.mark.parametrize(("shown", "states"), THREE_OF_THREE)
def test_three_of_three_as_in_awss_table(shown: str, states: tuple[str | None, ...]) -> None:
    found = tuple(judge(alarm(TreatMissingData=missing), points(shown)).state for missing in TREATMENTS)
    assert found == states


@pytest.mark.parametrize(("shown", "states"), TWO_OF_THREE)
def test_two_of_three_as_in_awss_table(shown: str, states: tuple[str | None, ...]) -> None:
    found = tuple(
        judge(alarm(TreatMissingData=missing, DatapointsToAlarm=2), points(shown)).state for missing in TREATMENTS
    )
    assert found == states


@pytest.mark.parametrize(("shown", "states"), PREMATURE)
def test_a_first_breaching_point_does_not_alarm_prematurely(shown: str, states: tuple[str | None, ...]) -> None:
    found = tuple(judge(alarm(TreatMissingData=missing), points(shown)).state for missing in ("missing", "ignore"))
    assert found == states


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [2.0]),
        ("GreaterThanOrEqualToThreshold", [1.0, 2.0]),
        ("LessThanThreshold", [0.0]),
        ("LessThanOrEqualToThreshold", [0.0, 1.0]),
    ],
)
def test_comparisons(comparison: str, breaching: list[float]) -> None:
    one = alarm(ComparisonOperator=comparison, EvaluationPeriods=1)
    assert [value for value in (0.0, 1.0, 2.0) if judge(one, [(NOON, value)]).state == "ALARM"] == breaching


def test_points_are_the_periods_that_end_now_two_more_than_needed() -> None:
    store, metric = MetricStore(), metric_name("Tiny", "Errors")
    for minute, value in ((0, 5), (1, 1), (1, 2), (4, 7)):
        store.add(metric, value, NOON + minute * 60 + 30)
    found = read_points(alarm(), Windows(store), NOON + 5 * 60)
    assert found == [(NOON, 5), (NOON + 60, 3), (NOON + 120, None), (NOON + 180, None), (NOON + 240, 7)]
    assert [value for _, value in read_points(alarm(Period=3600), Windows(store), NOON + 3600)] == [None, None, 15]


def test_an_alarm_on_an_expression_reads_all_its_metrics() -> None:
    store = MetricStore()
    stat = {"Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "share", "Expression": "e / n"},
        *(
            {
                "Id": name,
                "MetricStat": {"Metric": {"Namespace": "Tiny", "MetricName": name}, **stat},
                "ReturnData": False,
            }
            for name in ("e", "n")
        ),
    ]
    one = alarm(Namespace=None, MetricName=None, Statistic=None, Period=None, Metrics=queries, Threshold=0.5)
    for minute in range(3):
        store.add(metric_name("Tiny", "n"), 4, NOON + minute * 60)
        store.add(metric_name("Tiny", "e"), minute, NOON + minute * 60)
    found = read_points(one, Windows(store), NOON + 180)
    assert [value for _, value in found] == [None, None, 0, 0.25, 0.5]
    assert judge(one, found).state == "OK"


def test_a_percentile_alarm_sees_the_percentile() -> None:
    store, one = MetricStore(), alarm(Statistic=None, ExtendedStatistic="p90", EvaluationPeriods=1, Threshold=100)
    for value in [1.0] * 89 + [200.0] * 11:
        store.add(metric_name("Tiny", "Errors"), value, NOON)
    ((_, found),) = read_points(one, Windows(store), NOON + 60)[-1:]
    assert found == pytest.approx(200, rel=0.01)


def test_a_reason_is_in_cloudwatchs_words() -> None:
    one = alarm(EvaluationPeriods=1, Threshold=50, ComparisonOperator="GreaterThanThreshold")
    found = reason(one, judge(one, [(NOON, 99.5)]), "OK")
    assert found == (
        "Threshold Crossed: 1 out of the last 1 datapoint [99.5 (01/03/13 12:00:00)] was greater than the threshold "
        "(50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "comparison GreaterThanUpperThreshold"),
        ({"Statistic": None, "ExtendedStatistic": "tm90"}, "statistic tm90"),
        ({"Statistic": None}, "Statistic is missing"),
        ({"Period": 10}, "no multiple of 60"),
        ({"TreatMissingData": "bad"}, "not bad"),
        ({"DatapointsToAlarm": 4}, "from 1 to 3"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "AWS's limit"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "few samples"),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "SNS and Lambda actions"),
        ({"Metrics": [{"Id": "x", "Expression": "a + b"}]}, "reads a, b"),
        ({"Metrics": [{"Id": "x", "Expression": "1"}, {"Id": "y", "Expression": "1"}]}, "exactly one"),
        ({"Metrics": [{"Id": "x", "Expression": "SEARCH(1)"}]}, "does not know SEARCH"),
    ],
)
def test_what_is_not_known_of_an_alarm_is_an_error_that_names_it(more: dict[str, Any], says: str) -> None:
    with pytest.raises(MisconfiguredError, match=f"alarm a: .*{says}"):
        alarm(**more)


@pytest.mark.parametrize(
    ("to_its_end", "minute", "is_filled", "expected"),
    [(False, 29, False, True), (False, 29, True, False), (True, 29, True, True), (True, 30, False, False),
     (False, 30, False, False)],
)  # fmt: skip
def test_a_new_alarm_warms_up_until_its_time_is_over_or_it_has_data(
    to_its_end: bool, minute: int, is_filled: bool, expected: bool
) -> None:
    asked = {"WarmUpPeriodDurationInMinutes": 30, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": to_its_end}
    warm_up = read_warm_up(asked)
    assert warm_up is not None
    assert warm_up.holds(NOON, NOON + minute * 60, is_filled) is expected


def test_a_warm_up_has_a_limit_and_may_be_left_out() -> None:
    assert read_warm_up(None) is None
    with pytest.raises(MisconfiguredError, match="1 to 2880 minutes, not 2881"):
        read_warm_up({"WarmUpPeriodDurationInMinutes": 2881})
