"""What an alarm watches: read from the template's properties, which are PutMetricAlarm's own, or from moto's alarm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.metric_bucket import is_statistic
from trimtab.local.metric_math import Expression
from trimtab.local.metric_store import MetricName, metric_name

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
LONGEST_S = 7 * 86_400
ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


@dataclass(frozen=True, slots=True)
class Watched:
    """One metric of an alarm, or of a GetMetricData query."""

    id: str
    metric: MetricName
    period: int
    statistic: str


@dataclass(frozen=True, slots=True)
class AlarmDefinition:
    """One alarm. `asked` are its properties as PutMetricAlarm names them."""

    name: str
    watched: tuple[Watched, ...]
    expressions: tuple[tuple[str, Expression], ...]
    returned: str
    period: int
    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str
    asked: Mapping[str, Any]

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)

    def actions(self, state: str) -> list[str]:
        """The ARNs of what is done when it goes into a state."""
        return list(self.asked.get(ACTIONS[state]) or [])


def read_alarm(asked: Mapping[str, Any]) -> AlarmDefinition:
    """An alarm from its properties.

    Raises:
        MisconfiguredError: something in it is wrong, or not known to the local cloud.
    """
    name = asked["AlarmName"]
    try:
        watched, expressions, returned = _metrics(asked)
        periods = int(asked["EvaluationPeriods"])
        definition = AlarmDefinition(
            name=name,
            watched=watched,
            expressions=expressions,
            returned=returned,
            period=_one_period(watched),
            comparison=asked["ComparisonOperator"],
            threshold=float(asked["Threshold"]),
            periods=periods,
            to_alarm=int(asked.get("DatapointsToAlarm") or periods),
            missing=asked.get("TreatMissingData") or "missing",
            asked=asked,
        )
        _check(definition)
    except MisconfiguredError as error:
        raise MisconfiguredError(f"alarm {name}: {error}") from error
    except KeyError as error:
        raise MisconfiguredError(f"alarm {name}: {error.args[0]} is missing") from error
    return definition


def read_watched(query: Mapping[str, Any]) -> Watched:
    """The metric of one query: `{"Id", "MetricStat": {"Metric", "Period", "Stat"}}`. Raises MisconfiguredError."""
    stat = query["MetricStat"]
    metric, statistic, period = stat["Metric"], stat["Stat"], int(stat["Period"])
    if not is_statistic(statistic):
        raise MisconfiguredError(f"the local cloud does not know the statistic {statistic}")
    if period < 60 or period % 60:
        raise MisconfiguredError(f"the local cloud keeps minutes: a period of {period} s is no multiple of 60")
    name = metric_name(metric["Namespace"], metric["MetricName"], dimension_map(metric.get("Dimensions")))
    return Watched(query["Id"], name, period, statistic)


def dimension_map(dimensions: Any) -> dict[str, str]:
    """`[{"Name", "Value"}]` as a mapping."""
    return {pair["Name"]: pair["Value"] for pair in dimensions or []}


def _metrics(asked: Mapping[str, Any]) -> tuple[tuple[Watched, ...], tuple[tuple[str, Expression], ...], str]:
    if not asked.get("Metrics"):
        statistic = asked.get("ExtendedStatistic") or asked["Statistic"]
        stat = {"Metric": asked, "Period": asked["Period"], "Stat": statistic}
        return (read_watched({"Id": "m1", "MetricStat": stat}),), (), "m1"
    queries = asked["Metrics"]
    watched = tuple(read_watched(query) for query in queries if "MetricStat" in query)
    expressions = tuple((query["Id"], Expression(query["Expression"])) for query in queries if "Expression" in query)
    returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise MisconfiguredError(f"exactly one of its metrics must return data, not {returned}")
    known = {one.id for one in watched}
    for name, expression in expressions:
        if expression.names - known:
            lacking = ", ".join(sorted(expression.names - known))
            raise MisconfiguredError(f"{expression.text!r} reads {lacking}: expressions read metrics only")
        if not known:
            raise MisconfiguredError(f"{name} reads no metric")
    return watched, expressions, returned[0]


def _one_period(watched: tuple[Watched, ...]) -> int:
    periods = {one.period for one in watched}
    if len(periods) != 1:
        raise MisconfiguredError(f"its metrics must have one period, not {sorted(periods)}")
    return periods.pop()


def _check(alarm: AlarmDefinition) -> None:
    if alarm.comparison not in COMPARISONS:
        raise MisconfiguredError(f"the local cloud does not know the comparison {alarm.comparison}")
    if alarm.missing not in TREATMENTS:
        raise MisconfiguredError(f"TreatMissingData is one of {', '.join(TREATMENTS)}, not {alarm.missing}")
    if not 1 <= alarm.to_alarm <= alarm.periods:
        raise MisconfiguredError(f"DatapointsToAlarm must be from 1 to {alarm.periods}, not {alarm.to_alarm}")
    longest = LONGEST_S if alarm.period >= 3_600 else 86_400
    if alarm.periods * alarm.period > longest:
        raise MisconfiguredError(f"{alarm.periods} periods of {alarm.period} s are more than {longest} s, AWS's limit")
    if (alarm.asked.get("EvaluateLowSampleCountPercentile") or "evaluate") != "evaluate":
        raise MisconfiguredError("the local cloud does not ignore percentiles of few samples")
    for state in ACTIONS:
        for arn in alarm.actions(state):
            if not arn.startswith(("arn:aws:sns:", "arn:aws:lambda:")):
                raise MisconfiguredError(f"the local cloud carries out SNS and Lambda actions, not {arn}")
