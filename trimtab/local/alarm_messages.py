"""What CloudWatch says of an alarm that changed its state: to a topic, to a function, and on the default event bus.

Shapes as in the CloudWatch user guide, "Acting on alarm changes" and "Invoke a Lambda function from an alarm".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trimtab.local.alarm_definition import ACTIONS, AlarmDefinition, dimension_map
from trimtab.local.alarm_evaluation import ALARM, INSUFFICIENT_DATA, Outcome
from trimtab.local.alarm_state import AlarmState

REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}
STATISTICS = {
    "Sum": "SUM",
    "Average": "AVERAGE",
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
    "SampleCount": "SAMPLE_COUNT",
}
WORDS = {
    "GreaterThanThreshold": "greater than", "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than", "LessThanOrEqualToThreshold": "less than or equal to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """One transition."""

    alarm: AlarmDefinition
    arn: str
    account: str
    region: str
    before: AlarmState
    after: AlarmState

    @property
    def subject(self) -> str:
        return f'{self.after.value}: "{self.alarm.name}" in {REGION_NAMES.get(self.region, self.region)}'

    def for_topic(self) -> str:
        """The message's JSON."""
        asked = self.alarm.asked
        message = {
            "AlarmName": self.alarm.name,
            "AlarmDescription": asked.get("AlarmDescription"),
            "AWSAccountId": self.account,
            "NewStateValue": self.after.value,
            "NewStateReason": self.after.reason,
            "StateChangeTime": _zoned(self.after.since_ms),
            "Region": REGION_NAMES.get(self.region, self.region),
            "AlarmArn": self.arn,
            "OldStateValue": self.before.value,
            **{key: self.alarm.actions(state) for state, key in ACTIONS.items()},
            "Trigger": _trigger(self.alarm),
        }
        return json.dumps(message)

    def for_function(self) -> str:
        """The invocation's payload."""
        return json.dumps(
            {
                "source": "aws.cloudwatch",
                "alarmArn": self.arn,
                "accountId": self.account,
                "time": _zoned(self.after.since_ms),
                "region": self.region,
                "alarmData": self.for_bus(),
            }
        )

    def for_bus(self) -> dict[str, Any]:
        """The event's detail."""
        configuration: dict[str, Any] = {"metrics": _queries(self.alarm)}
        if self.alarm.asked.get("AlarmDescription"):
            configuration["description"] = self.alarm.asked["AlarmDescription"]
        return {
            "alarmName": self.alarm.name,
            "configuration": configuration,
            "previousState": _state(self.before),
            "state": _state(self.after),
        }


def reason(alarm: AlarmDefinition, outcome: Outcome, old: str) -> str:
    """Why it is in its new state, in CloudWatch's words."""
    if outcome.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {alarm.periods} datapoints were unknown."
    number = len(outcome.points)
    if not number:
        return (
            f"Threshold Crossed: no datapoints were received for {alarm.periods} periods and {alarm.periods} missing "
            f"datapoints were treated as [{'Breaching' if alarm.missing == 'breaching' else 'NonBreaching'}]."
        )
    shown = ", ".join(
        f"{value} ({datetime.fromtimestamp(begin, UTC):%d/%m/%y %H:%M:%S})" for begin, value in reversed(outcome.points)
    )
    was = "was" if number == 1 else "were"
    points = "datapoint" if number == 1 else "datapoints"
    crossed = "" if outcome.state == ALARM else "not "
    least = alarm.to_alarm if outcome.state == ALARM else alarm.periods - alarm.to_alarm + 1
    return (
        f"Threshold Crossed: {number} out of the last {alarm.periods} {points} [{shown}] {was} {crossed}"
        f"{WORDS[alarm.comparison]} the threshold ({alarm.threshold}) (minimum {least} "
        f"datapoint{'' if least == 1 else 's'} for {old} -> {outcome.state} transition)."
    )


def reason_data(alarm: AlarmDefinition, outcome: Outcome, now_s: int) -> str:
    """The same for programs."""
    data: dict[str, Any] = {"version": "1.0", "queryDate": _zoned(now_s * 1000)}
    if outcome.points:
        data["startDate"] = _zoned(outcome.points[0][0] * 1000)
    if len(alarm.watched) == 1:
        data["statistic"] = alarm.watched[0].statistic
    data |= {"period": alarm.period, "recentDatapoints": [value for _, value in outcome.points]}
    return json.dumps({**data, "threshold": alarm.threshold})


def _state(state: AlarmState) -> dict[str, Any]:
    shown = {"value": state.value, "reason": state.reason, "timestamp": _zoned(state.since_ms)}
    return {**shown, "reasonData": state.reason_data} if state.reason_data not in ("", "{}") else shown


def _queries(alarm: AlarmDefinition) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = [
        {"id": name, "expression": expression.text, "returnData": name == alarm.returned}
        for name, expression in alarm.expressions
    ]
    for one in alarm.watched:
        metric = {
            "namespace": one.metric.namespace, "name": one.metric.name, "dimensions": dict(one.metric.dimensions),
        }  # fmt: skip
        stat = {"metric": metric, "period": one.period, "stat": one.statistic}
        shown.append({"id": one.id, "metricStat": stat, "returnData": one.id == alarm.returned})
    return shown


def _trigger(alarm: AlarmDefinition) -> dict[str, Any]:
    asked: Mapping[str, Any] = alarm.asked
    trigger: dict[str, Any] = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.to_alarm,
        "ComparisonOperator": alarm.comparison,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.missing,
        "EvaluateLowSampleCountPercentile": asked.get("EvaluateLowSampleCountPercentile") or "",
    }
    if asked.get("Metrics"):
        return {**trigger, "Metrics": list(asked["Metrics"])}
    dimensions = [{"value": value, "name": name} for name, value in dimension_map(asked.get("Dimensions")).items()]
    statistic = alarm.watched[0].statistic
    kind = {"StatisticType": "Statistic", "Statistic": STATISTICS[statistic]} if statistic in STATISTICS else {
        "StatisticType": "ExtendedStatistic", "ExtendedStatistic": statistic,
    }  # fmt: skip
    named = {"MetricName": asked["MetricName"], "Namespace": asked["Namespace"], "Unit": asked.get("Unit")}
    return {**named, **kind, "Dimensions": dimensions, **trigger}


def _zoned(epoch_ms: int) -> str:
    """`2013-03-01T00:00:00.000+0000`, as CloudWatch writes times."""
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{epoch_ms % 1000:03d}+0000"
