"""Sums of CloudWatch metrics over a window: what was counted there and lies in no log of ours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated

MOST_QUERIES = 500  # that GetMetricData takes at once
HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric by namespace, name and dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def cloudwatch_client() -> Any:
    """A CloudWatch client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("cloudwatch", config=Config(connect_timeout=2, read_timeout=10, retries=retries))


class MetricSums:
    """Reads sums by the hour, which CloudWatch keeps for 15 months."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def sums(self, metrics: Sequence[Counted], start: datetime, end: datetime) -> dict[Counted, float]:
        """The sum of each metric over [start, end), both on the hour; 0 where nothing was counted.

        Raises:
            UnavailableError: CloudWatch did not answer.
        """
        found = dict.fromkeys(metrics, 0.0)
        for batch in batched(metrics, MOST_QUERIES, strict=False):
            by_id = {f"m{number}": metric for number, metric in enumerate(batch)}
            for query_id, values in self._answers(by_id, start, end):
                found[by_id[query_id]] += sum(values)
        return found

    def _answers(
        self, by_id: Mapping[str, Counted], start: datetime, end: datetime
    ) -> Iterator[tuple[str, list[float]]]:
        queries = [_query(query_id, metric) for query_id, metric in by_id.items()]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        with translated("read metrics from CloudWatch"):
            for page in pages:
                for result in page["MetricDataResults"]:
                    yield result["Id"], result["Values"]


def _query(query_id: str, metric: Counted) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": query_id, "MetricStat": {"Metric": named, "Period": HOUR_S, "Stat": "Sum"}}
