"""moto's alarm as the properties that PutMetricAlarm was given."""

from typing import Any


def asked_of(alarm: Any) -> dict[str, Any]:
    """What is None or empty is left out."""
    asked = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric_name,
        "Dimensions": _dimensions(alarm.dimensions),
        "Period": alarm.period,
        "Statistic": alarm.statistic,
        "ExtendedStatistic": alarm.extended_statistic,
        "Unit": alarm.unit,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile,
        "AlarmActions": alarm.alarm_actions,
        "OKActions": alarm.ok_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Metrics": [_query(query) for query in alarm.metric_data_queries],
    }
    return {name: value for name, value in asked.items() if value not in (None, "", [])}


def _query(query: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"Id": query.id, "ReturnData": query.return_data is not False}
    if query.label:
        shown["Label"] = query.label
    if query.metric_stat is None:
        return {**shown, "Expression": query.expression}
    stat = query.metric_stat
    metric = {
        "Namespace": stat.metric.namespace,
        "MetricName": stat.metric.metric_name,
        "Dimensions": _dimensions(stat.metric.dimensions),
    }
    return {**shown, "MetricStat": {"Metric": metric, "Period": stat.period, "Stat": stat.stat}}


def _dimensions(dimensions: Any) -> list[dict[str, str]]:
    return [{"Name": one.name, "Value": one.value} for one in dimensions or []]
