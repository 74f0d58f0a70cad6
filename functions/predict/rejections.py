"""Counts what was turned away, so that a client whose data went wrong is seen; the data themselves are not kept."""

import sys
from typing import Final

from functions.adapters.metric_line import metric_line
from functions.domain.errors import InvalidRequestError, InvalidValuesError

REQUESTS: Final = "RejectedRequests"
VALUES: Final = "RejectedValues"
MOST_FEATURES: Final = 5  # by name; a request that gets every one of 2,000 wrong shall not write 2,000 lines


def count_rejected(model: str, time_ms: int, error: InvalidRequestError) -> None:
    """Write the metrics of one request that was answered 400: itself, and its wrong values by feature where known."""
    lines = [metric_line(time_ms, {"model": model}, {REQUESTS: 1})]
    if isinstance(error, InvalidValuesError):
        for feature, count in list(error.features.items())[:MOST_FEATURES]:
            lines.append(metric_line(time_ms, {"model": model, "feature": feature}, {VALUES: count}))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
