"""One CloudWatch alarm as all of ours are: what it watches, what it means, what to do, and the topic that it tells."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.stage import StageContext

FIVE_MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)
LONGEST = timedelta(days=7)  # how far back an alarm may look, with periods of an hour or more
LONGEST_WARM_UP = timedelta(days=2)

Silence = Literal["breaching", "notBreaching", "ignore"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A metric with the statistic that is looked at."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`signals`, added up, reach `limit` (or, `below`, fail to) in `needed` of the last `periods`.

    `silence` says what a period without data means. While an alarm is new, for as long as `warm_up` or until there are
    data, it stays quiet: what was deployed a minute ago has had no traffic and no evaluation yet.
    """

    what: str
    means: str
    do: str
    signals: tuple[Signal, ...]
    limit: float
    period: timedelta
    below: bool = False
    periods: int = 1
    needed: int | None = None
    silence: Silence = "notBreaching"
    warm_up: timedelta | None = None

    @property
    def description(self) -> str:
        return f"{self.means} {self.do}"

    def watched(self) -> dict[str, Any]:
        """The properties of CloudFormation's alarm that say what is watched: one metric, or the sum of several."""
        if len(self.signals) == 1:
            (signal,) = self.signals
            statistic = "extended_statistic" if signal.statistic.startswith("p") else "statistic"
            return {
                "namespace": signal.namespace,
                "metric_name": signal.name,
                "dimensions": [
                    cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                    for name, value in signal.dimensions.items()
                ],
                statistic: signal.statistic,
                "period": _seconds(self.period),
            }
        ids = [f"m{number}" for number, _ in enumerate(self.signals, start=1)]
        total = " + ".join(f"FILL({name}, 0)" for name in ids)
        queries = [_query(name, signal, self.period) for name, signal in zip(ids, self.signals, strict=True)]
        sum_of_all = cloudwatch.CfnAlarm.MetricDataQueryProperty(id="total", expression=total, return_data=True)
        return {"metrics": [*queries, sum_of_all]}


def trouble(*, what: str, means: str, do: str, signals: tuple[Signal, ...], limit: float) -> Alarm:
    """An alarm on what clients feel: two of three times five minutes, so that one hiccup wakes nobody."""
    return Alarm(what=what, means=means, do=do, signals=signals, limit=limit, period=FIVE_MINUTES, periods=3, needed=2)


def absence(*, what: str, means: str, do: str, signal: Signal, after: timedelta, period: timedelta = HOUR) -> Alarm:
    """An alarm on nothing being counted for as long as `after`, in steps of `period`.

    A function that counts on a schedule does so a little after the hour: with one period more than fit into `after`, no
    alarm goes off in between. A week is the most.
    """
    return Alarm(
        what=what,
        means=means,
        do=do,
        signals=(signal,),
        limit=1,
        below=True,
        period=period,
        periods=min(math.ceil(after / period) + 1, LONGEST // period),
        silence="breaching",
        warm_up=min(after, LONGEST_WARM_UP),
    )


def add_alarm(scope: Construct, stage: StageContext, alarm: Alarm, model: str | None = None) -> str:
    """Add an alarm that tells the stage's topic; returns its ARN."""
    stack = Stack.of(scope)
    topic = f"arn:{Aws.PARTITION}:sns:{stack.region}:{stack.account}:{stage.names.alert_topic}"
    made = cloudwatch.CfnAlarm(
        scope,
        alarm.what.title().replace("-", ""),
        alarm_name=stage.names.alarm(alarm.what, model),
        alarm_description=alarm.description,
        comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanOrEqualToThreshold",
        threshold=alarm.limit,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.periods if alarm.needed is None else alarm.needed,
        treat_missing_data=alarm.silence,
        warm_up_configuration=_warm_up(alarm),
        alarm_actions=[topic],
        **alarm.watched(),
    )
    return made.attr_arn


def _query(name: str, signal: Signal, period: timedelta) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    metric = cloudwatch.CfnAlarm.MetricProperty(
        namespace=signal.namespace,
        metric_name=signal.name,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value) for key, value in signal.dimensions.items()
        ],
    )
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=name,
        metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
            metric=metric, period=_seconds(period), stat=signal.statistic
        ),
        return_data=False,
    )


def _warm_up(alarm: Alarm) -> cloudwatch.CfnAlarm.WarmUpConfigurationProperty | None:
    if alarm.warm_up is None:
        return None
    minutes = round(alarm.warm_up / timedelta(minutes=1))
    return cloudwatch.CfnAlarm.WarmUpConfigurationProperty(warm_up_period_duration_in_minutes=minutes)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
