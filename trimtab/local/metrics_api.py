"""CloudWatch's metric calls over the metric store: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics.

moto would keep each datum in one list and read all of it for each question, and knows no percentiles.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.alarm_definition import Watched, dimension_map, read_watched
from trimtab.local.aws_protocol import AwsError, read_call
from trimtab.local.clock import Clock
from trimtab.local.emf import metric_values
from trimtab.local.http_message import Request, Response
from trimtab.local.metric_bucket import is_statistic
from trimtab.local.metric_math import Expression, Series
from trimtab.local.metric_store import MetricName, MetricStore, metric_name

MOST_POINTS, MOST_QUERIES = 100_800, 500
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
Asked = dict[str, Any]


class MetricsApi:
    """`answer` takes a call of CloudWatch; `take_line` a log line, which may hold metrics."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._operations: dict[str, Callable[[Asked], Asked]] = {
            "PutMetricData": self._put,
            "GetMetricData": self._get_data,
            "GetMetricStatistics": self._get_statistics,
            "ListMetrics": self._list,
        }

    def answers(self, operation: str) -> bool:
        """Whether an operation of CloudWatch is answered here."""
        return operation in self._operations

    def answer(self, operation: str, request: Request) -> Response:
        """The answer, in the request's own protocol."""
        call = read_call("cloudwatch", operation, request)
        try:
            return call.answer(self._operations[operation](call.asked))
        except AwsError as error:
            return call.refuse(error)
        except MisconfiguredError as error:
            return call.refuse(AwsError("InvalidParameterValue", str(error)))

    def take_line(self, line: str, time_ms: int) -> None:
        """Count the metrics of a line in CloudWatch's embedded format."""
        for metric, value, at_s, unit in metric_values(line, time_ms):
            self._store.add(metric, value, at_s, unit)

    def _put(self, asked: Asked) -> Asked:
        for datum in asked.get("MetricData") or []:
            metric = metric_name(asked["Namespace"], datum["MetricName"], dimension_map(datum.get("Dimensions")))
            at_s = _epoch_s(datum["Timestamp"]) if "Timestamp" in datum else self._clock.now_s()
            unit = datum.get("Unit") or "None"
            if summary := datum.get("StatisticValues"):
                count, total = float(summary["SampleCount"]), float(summary["Sum"])
                values = (count, total, float(summary["Minimum"]), float(summary["Maximum"]))
                self._store.add_summary(metric, values, at_s, unit)
                continue
            values_of = datum.get("Values") or [datum.get("Value", 0.0)]
            counts = datum.get("Counts") or [1.0] * len(values_of)
            if len(counts) != len(values_of):
                raise AwsError("InvalidParameterValue", "Values and Counts must be of the same size.")
            for value, count in zip(values_of, counts, strict=True):
                if float(value) != float(value):
                    raise AwsError("InvalidParameterValue", f"The value {value} of {datum['MetricName']} is invalid.")
                self._store.add(metric, float(value), at_s, unit, float(count))
        return {}

    def _get_data(self, asked: Asked) -> Asked:
        queries = asked["MetricDataQueries"]
        if len(queries) > MOST_QUERIES:
            raise AwsError("ValidationError", f"MetricDataQueries must hold {MOST_QUERIES} queries at most")
        watched = [read_watched(query) for query in queries if "MetricStat" in query]
        expressions = {query["Id"]: Expression(query["Expression"]) for query in queries if "Expression" in query}
        periods = {one.period for one in watched} or {int(queries[0].get("Period") or 60)}
        if expressions and len(periods) > 1:
            raise MisconfiguredError(f"expressions need metrics of one period, not of {sorted(periods)}")
        grids = {period: _grid(asked["StartTime"], asked["EndTime"], period) for period in periods}
        series = {one.id: self._series(one, grids[one.period]) for one in watched}
        begins = {one.id: grids[one.period] for one in watched}
        for name, expression in expressions.items():
            grid = next(iter(grids.values()))
            series[name], begins[name] = expression.series(series, len(grid)), grid
        newest_first = (asked.get("ScanBy") or "TimestampDescending") == "TimestampDescending"
        returned = [query for query in queries if query.get("ReturnData", True)]
        labels = {query["Id"]: query.get("Label") or _label(query) for query in returned}
        results = [_result(name, labels[name], begins[name], series[name], newest_first) for name in labels]
        return {"MetricDataResults": results, "Messages": []}

    def _series(self, one: Watched, grid: range) -> Series:
        buckets = (self._store.window(one.metric, begin, min(begin + one.period, grid.stop)) for begin in grid)
        return [bucket.statistic(one.statistic) if bucket else None for bucket in buckets]

    def _get_statistics(self, asked: Asked) -> Asked:
        metric = metric_name(asked["Namespace"], asked["MetricName"], dimension_map(asked.get("Dimensions")))
        plain, extended = asked.get("Statistics") or [], asked.get("ExtendedStatistics") or []
        if not plain and not extended:
            raise AwsError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
        wrong = [name for name in plain if name not in STATISTICS] + [
            name for name in extended if not is_statistic(name)
        ]
        if wrong:
            raise AwsError("InvalidParameterValue", f"The statistic {', '.join(wrong)} is not supported.")
        points = []
        grid = _grid(asked["StartTime"], asked["EndTime"], int(asked["Period"]))
        for begin in grid:
            bucket = self._store.window(metric, begin, min(begin + grid.step, grid.stop))
            if bucket is None:
                continue
            point: Asked = {"Timestamp": _time(begin), "Unit": self._store.unit(metric)}
            point |= {name: bucket.statistic(name) for name in plain}
            percentiles = {name: bucket.statistic(name) for name in extended}
            if extended and None not in percentiles.values():
                point["ExtendedStatistics"] = percentiles
            points.append(point)
        return {"Label": asked["MetricName"], "Datapoints": points}

    def _list(self, asked: Asked) -> Asked:
        wanted = asked.get("Dimensions") or []
        found = [metric for metric in self._store if _fits(metric, asked, wanted)]
        return {
            "Metrics": [
                {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
                }
                for metric in found
            ]
        }


def _fits(metric: MetricName, asked: Asked, wanted: list[Asked]) -> bool:
    if asked.get("Namespace") not in (None, metric.namespace) or asked.get("MetricName") not in (None, metric.name):
        return False
    there = dict(metric.dimensions)
    return all(one["Name"] in there and one.get("Value") in (None, there[one["Name"]]) for one in wanted)


def _grid(start: datetime, end: datetime, period: int) -> range:
    """The begins of the periods: counted from the start, cut to its minute, as AWS does for what is recent."""
    if period < 60 or period % 60:
        raise AwsError("InvalidParameterValue", f"The period must be a multiple of 60 here, not {period}.")
    first, last = _epoch_s(start), _epoch_s(end)
    if first >= last:
        raise AwsError("ValidationError", "The parameter EndTime must be greater than StartTime.")
    grid = range(int(first) - int(first) % 60, int(last), period)
    if len(grid) > MOST_POINTS:
        raise AwsError(
            "InvalidParameterValue", f"{len(grid)} periods are more than {MOST_POINTS}: ask for longer ones."
        )
    return grid


def _result(name: str, label: str, begins: range, series: Series, newest_first: bool) -> Asked:
    points = [(begin, value) for begin, value in zip(begins, series, strict=True) if value is not None]
    if newest_first:
        points.reverse()
    return {
        "Id": name,
        "Label": label,
        "Timestamps": [_time(begin) for begin, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _label(query: Asked) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"])


def _time(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC).replace(tzinfo=None)


def _epoch_s(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
