"""What monitoring has to say of a model: its last verdict and since when, label coverage, alarms, what is next."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable
from functions.domain.evaluation import Evaluation
from trimtab.judge_now import now
from trimtab.local.recurrence import read_recurrence
from trimtab.stage import Stage

LOOKED_BACK = 60  # evaluations
QUIET = "OK"


def monitoring_status(stage: Stage, model: str) -> dict[str, Any]:
    """`verdict` (None before the first evaluation), `alarms` that are not OK by name, and `next_evaluation`."""
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    history = MonitoringRegistry(store).evaluations(model, LOOKED_BACK)
    return {
        "verdict": _verdict(stage, history) if history else None,
        "alarms": _alarms(stage, model),
        "next_evaluation": _next_evaluation(stage, model),
    }


def _verdict(stage: Stage, history: list[Evaluation]) -> dict[str, Any]:
    last = history[-1]
    same = list(takewhile(lambda before: before.verdict == last.verdict, reversed(history)))
    return {
        "verdict": last.verdict,
        "since": same[-1].window[1],
        "at_least": len(same) == LOOKED_BACK,  # it may have been so for longer
        "window_end": last.window[1],
        "reasons": list(last.reasons),
        "label_coverage": _coverage(stage, last),
        "report": last.report,
    }


def _coverage(stage: Stage, evaluation: Evaluation) -> float | None:
    """The share of the labelled window's predictions that have a label, as its report says; None where it is gone."""
    if evaluation.report is None:
        return None
    try:
        found = stage.client("s3").get_object(Bucket=stage.names.data_bucket, Key=evaluation.report)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "AccessDenied"):
            raise
        return None
    coverage: float | None = json.loads(found["Body"].read())["maturity"]["labelled_window"]["coverage"]
    return coverage


def _alarms(stage: Stage, model: str) -> list[dict[str, Any]]:
    """The model's alarms that are not OK. An alarm is a model's by what it counts: its name alone could be two's."""
    counted = {model, *(stage.names.function(verb, model) for verb in ("predict", "ingest", "api"))}
    prefix = stage.names.alarm("").rstrip("-") + "-"
    pages = stage.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    return [
        {
            "name": alarm["AlarmName"],
            "what": alarm["AlarmName"].removeprefix(prefix).removesuffix(f"-{model}"),
            "state": alarm["StateValue"],
            "since": _iso(alarm["StateUpdatedTimestamp"]),
            "why": alarm.get("StateReason", ""),
        }
        for page in pages
        for alarm in page["MetricAlarms"]
        if alarm["StateValue"] != QUIET and counted & set(_dimensions(alarm))
    ]


def _dimensions(alarm: Mapping[str, Any]) -> Iterator[str]:
    """The values of all dimensions of what an alarm counts."""
    parts = [query.get("MetricStat", {}).get("Metric", {}) for query in alarm.get("Metrics", [])]
    for metric in (alarm, *parts):
        yield from (dimension["Value"] for dimension in metric.get("Dimensions", []))


def _next_evaluation(stage: Stage, model: str) -> str | None:
    """When the schedule has the model judged next; None where there is no schedule, or it is switched off."""
    client = stage.client("scheduler")
    try:
        schedule = client.get_schedule(Name=stage.names.function("evaluate", model))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    if schedule.get("State", "ENABLED") != "ENABLED":
        return None
    recurrence = read_recurrence(
        schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone", "UTC"), is_rule=False
    )
    upcoming = recurrence.next_after(int(now(stage).timestamp()))
    return None if upcoming is None else _iso(datetime.fromtimestamp(upcoming, UTC))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
