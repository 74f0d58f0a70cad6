"""CloudWatch's embedded metric format: metrics that a function writes as JSON lines into its log."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any


def metric_data(line: str, time_ms: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Namespace and data of each directive in a log line, as moto keeps them (naive times are UTC); none if not EMF."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
        at = datetime.fromtimestamp(document["_aws"].get("Timestamp", time_ms) / 1000, UTC).replace(tzinfo=None)
        for directive in directives:
            yield directive["Namespace"], list(_directive(document, directive, at))
    except (ValueError, KeyError, TypeError):
        return  # as CloudWatch does: what isn't well-formed stays a log line


def _directive(document: dict[str, Any], directive: dict[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            for number in value if isinstance(value, list) else [value]:
                yield {
                    "MetricName": metric["Name"],
                    "Dimensions": dimensions,
                    "Value": float(number),
                    "Unit": metric.get("Unit", "None"),
                    "Timestamp": at,
                }
