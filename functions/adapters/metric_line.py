"""CloudWatch's embedded metric format: a metric is a line of JSON in a function's log, and costs no call."""

import json
from collections.abc import Mapping

from functions.domain.names import METRIC_NAMESPACE

MOST_METRICS = 100  # what CloudWatch takes of one line


def metric_line(time_ms: int, dimensions: Mapping[str, str], values: Mapping[str, float]) -> str:
    """One line, without its line feed, that counts each of `values` at `time_ms` (milliseconds since 1970 UTC).

    A function that is asked what happened says when it happened: by the event's time, not by the clock.

    Raises:
        ValueError: a value is no finite number, a name is both a dimension and a metric, or there are more than 100.
    """
    if len(values) > MOST_METRICS or not values.keys().isdisjoint(dimensions):
        raise ValueError(f"{len(values)} metrics by {list(dimensions)}: at most {MOST_METRICS}, none named as those")
    directive = {
        "Namespace": METRIC_NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name} for name in values],
    }
    document = {
        "_aws": {"Timestamp": time_ms, "CloudWatchMetrics": [directive]},
        **dimensions,
        **values,
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
