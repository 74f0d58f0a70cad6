"""CloudWatch's embedded metric format: metrics that a function writes as JSON lines into its log."""

import json
from collections.abc import Iterator
from typing import Any

from trimtab.local.metric_store import MetricName, metric_name

Datum = tuple[MetricName, float, float, str]


def metric_values(line: str, time_ms: int) -> list[Datum]:
    """Metric, value, seconds since 1970 and unit of each value in a log line; none if it is not EMF.

    Without a time of its own a line counts at `time_ms`.
    """
    if '"_aws"' not in line or not line.startswith("{"):
        return []
    try:
        document = json.loads(line)
        at_s = document["_aws"].get("Timestamp", time_ms) / 1000
        return [
            datum
            for directive in document["_aws"]["CloudWatchMetrics"]
            for datum in _directive(document, directive, at_s)
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # as CloudWatch does: what isn't well-formed stays a log line


def _directive(document: dict[str, Any], directive: dict[str, Any], at_s: float) -> Iterator[Datum]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(document[name]) for name in names}
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            name = metric_name(directive["Namespace"], metric["Name"], dimensions)
            for number in value if isinstance(value, list) else [value]:
                yield name, float(number), at_s, metric.get("Unit", "None")
