"""Errors and latencies of two releases behind the alias `live`, as CloudWatch keeps them: AWS/Lambda by
ExecutedVersion, which Lambda reports for an alias whose traffic is shared (Lambda developer guide, "Types of metrics").
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.adapters.aws_errors import translated
from functions.domain.error_rates import Latency, Requests
from functions.domain.release_function import LIVE
from functions.domain.release_metrics import Counted

PERIOD_S = 300
KEPT = timedelta(days=62)  # CloudWatch keeps periods of five minutes for 63 days
# What is asked for each release: a name of ours, Lambda's metric, its statistic.
_ASKED = (
    ("invocations", "Invocations", "Sum"),
    ("errors", "Errors", "Sum"),
    ("mean", "Duration", "Average"),
    ("p95", "Duration", "p95"),
)


class LambdaReleaseMetrics:
    """Reads counts by the five minutes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def counted(
        self, function: str, champion: int, challenger: int, start: datetime, end: datetime
    ) -> Sequence[Counted]:
        """The periods of [start, end) in which either release was asked, in order of time.

        Raises:
            UnavailableError: CloudWatch did not answer.
        """
        first = max(start, end - KEPT)
        queries = [
            _query(function, number, side, *asked)
            for side, number in (("champion", champion), ("challenger", challenger))
            for asked in _ASKED
        ]
        found: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=_whole(first), EndTime=end, ScanBy="TimestampAscending"
        )
        with translated(f"read the metrics of {function}"):
            for page in pages:
                for result in page["MetricDataResults"]:
                    found[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
        times = sorted(found["champion_invocations"].keys() | found["challenger_invocations"].keys())
        return [_counted(found, time) for time in times]


def _whole(time: datetime) -> datetime:
    """The beginning of a time's period."""
    return datetime.fromtimestamp(time.timestamp() // PERIOD_S * PERIOD_S, UTC)


def _counted(found: Mapping[str, Mapping[datetime, float]], time: datetime) -> Counted:
    def requests(side: str) -> Requests:
        count = round(found[f"{side}_invocations"].get(time, 0.0))
        return Requests(count, min(count, round(found[f"{side}_errors"].get(time, 0.0))))

    def latency(side: str) -> Latency | None:
        mean, p95 = found[f"{side}_mean"].get(time), found[f"{side}_p95"].get(time)
        return None if mean is None or p95 is None else Latency(requests(side).count, mean, p95)

    champion, challenger = latency("champion"), latency("challenger")
    both = None if champion is None or challenger is None else (champion, challenger)
    return Counted((requests("champion"), requests("challenger")), both)


def _query(function: str, number: int, side: str, name: str, metric: str, statistic: str) -> dict[str, Any]:
    dimensions = {"FunctionName": function, "Resource": f"{function}:{LIVE}", "ExecutedVersion": str(number)}
    named = {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    return {"Id": f"{side}_{name}", "MetricStat": {"Metric": named, "Period": PERIOD_S, "Stat": statistic}}
