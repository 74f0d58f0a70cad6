"""CloudWatch's counts of two releases behind the alias: what is asked, and how its answers are put together."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from functions.adapters.release_metrics import LambdaReleaseMetrics
from functions.domain.error_rates import Latency, Requests
from functions.domain.release_metrics import Counted

FUNCTION = "trimtab-test-predict-flights"
START = datetime(2026, 3, 1, 0, 2, tzinfo=UTC)
WHOLE = START.replace(minute=0)


class FakeCloudWatch:
    """Answers GetMetricData from `values`: by version, metric and statistic, {time: value}; two results a page."""

    def __init__(self, values: dict[tuple[str, str, str], dict[datetime, float]]) -> None:
        self.values = values
        self.asked: dict[str, Any] = {}

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked = asked
        results = []
        for query in asked["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            assert metric["Namespace"] == "AWS/Lambda"
            assert (dimensions["FunctionName"], dimensions["Resource"]) == (FUNCTION, f"{FUNCTION}:live")
            key = (dimensions["ExecutedVersion"], metric["MetricName"], query["MetricStat"]["Stat"])
            found = self.values.get(key, {})
            results.append({"Id": query["Id"], "Timestamps": list(found), "Values": list(found.values())})
        for first in range(0, len(results), 2):
            yield {"MetricDataResults": results[first : first + 2]}


def test_counts_and_latencies_of_both_are_put_together_by_period() -> None:
    later = WHOLE + timedelta(minutes=5)
    cloud = FakeCloudWatch(
        {
            ("7", "Invocations", "Sum"): {WHOLE: 90.0, later: 80.0},
            ("8", "Invocations", "Sum"): {WHOLE: 10.0},
            ("8", "Errors", "Sum"): {WHOLE: 2.0},
            ("7", "Duration", "Average"): {WHOLE: 20.0, later: 21.0},
            ("7", "Duration", "p95"): {WHOLE: 40.0, later: 41.0},
            ("8", "Duration", "Average"): {WHOLE: 30.0},
            ("8", "Duration", "p95"): {WHOLE: 60.0},
        }
    )
    found = LambdaReleaseMetrics(cloud).counted(FUNCTION, 7, 8, START, START + timedelta(hours=1))
    assert found == [
        Counted((Requests(90, 0), Requests(10, 2)), (Latency(90, 20.0, 40.0), Latency(10, 30.0, 60.0))),
        Counted((Requests(80, 0), Requests(0, 0)), None),
    ]
    assert cloud.asked["StartTime"] == WHOLE, "from the beginning of the first period on"


def test_no_more_is_asked_for_than_cloudwatch_keeps() -> None:
    cloud = FakeCloudWatch({})
    assert LambdaReleaseMetrics(cloud).counted(FUNCTION, 7, 8, START, START + timedelta(days=400)) == []
    assert cloud.asked["EndTime"] - cloud.asked["StartTime"] < timedelta(days=63)


def test_moto_takes_the_question() -> None:
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="us-east-1")
        dimensions = {"FunctionName": FUNCTION, "Resource": f"{FUNCTION}:live", "ExecutedVersion": "8"}
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = {"MetricName": "Invocations", "Dimensions": named, "Timestamp": START, "Value": 3.0}
        client.put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
        found = LambdaReleaseMetrics(client).counted(FUNCTION, 7, 8, START, START + timedelta(minutes=10))
    assert [period.requests for period in found] == [(Requests(0, 0), Requests(3, 0))]
