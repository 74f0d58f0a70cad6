"""What CloudWatch's dashboards are made of, as the documents that it takes. A row is 24 wide; what fits follows on."""

from collections.abc import Mapping, Sequence
from typing import Any

Line = list[Any]  # a metric or an expression, as a dashboard's JSON has them
Widget = dict[str, Any]

WIDTH = 24


def text(markdown: str, height: int = 2) -> Widget:
    """Words over the whole width."""
    return {"type": "text", "width": WIDTH, "height": height, "properties": {"markdown": markdown}}


def alarms(title: str, arns: Sequence[str], height: int = 3) -> Widget:
    """The states of alarms, over the whole width."""
    return {
        "type": "alarm",
        "width": WIDTH,
        "height": height,
        "properties": {"title": title, "alarms": list(arns)},
    }


def chart(
    title: str, region: str, lines: Sequence[Line], *, period_s: int, statistic: str = "Sum", width: int = 12
) -> Widget:
    """Lines over time."""
    return {
        "type": "metric",
        "width": width,
        "height": 6,
        "properties": {
            "title": title,
            "region": region,
            "view": "timeSeries",
            "stacked": False,
            "period": period_s,
            "stat": statistic,
            "metrics": list(lines),
        },
    }


def line(namespace: str, metric: str, dimensions: Mapping[str, str], label: str, **options: Any) -> Line:
    """One metric; `options` are CloudWatch's, such as `stat` and `yAxis`."""
    named = [part for pair in dimensions.items() for part in pair]
    return [namespace, metric, *named, {"label": label, **options}]


def search(namespace: str, dimensions: Sequence[str], terms: str, statistic: str, period_s: int, label: str) -> Line:
    """Every metric with exactly these dimensions that `terms` find; `label` may hold `${PROP('Dim.NAME')}`."""
    found = f"SEARCH('{{{','.join([namespace, *dimensions])}}} {terms}', '{statistic}', {period_s})"
    return [{"expression": found, "label": label}]
