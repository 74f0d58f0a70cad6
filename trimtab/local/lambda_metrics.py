"""What Lambda tells CloudWatch of each invocation: Invocations, Errors, Throttles, Duration."""

from dataclasses import dataclass

from trimtab.local.metric_store import MetricName, MetricStore, metric_name

NAMESPACE = "AWS/Lambda"
NAMES = ("Invocations", "Errors", "Throttles", "Duration")


@dataclass(frozen=True, slots=True)
class Counted:
    """One invocation's place in the metrics: `ran` or `throttled` is called once."""

    store: MetricStore
    metrics: tuple[dict[str, MetricName], ...]
    at_s: float

    def ran(self, duration_ms: float, failed: bool) -> None:
        for names in self.metrics:
            self.store.add(names["Invocations"], 1.0, self.at_s, "Count")
            self.store.add(names["Errors"], float(failed), self.at_s, "Count")
            self.store.add(names["Throttles"], 0.0, self.at_s, "Count")
            self.store.add(names["Duration"], duration_ms, self.at_s, "Milliseconds")

    def throttled(self) -> None:
        for names in self.metrics:
            self.store.add(names["Throttles"], 1.0, self.at_s, "Count")


class LambdaMetrics:
    """`of` gives the place for one invocation."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._known: dict[tuple[str, str | None, str | None], tuple[dict[str, MetricName], ...]] = {}

    def of(self, function: str, qualifier: str | None, executed: str | None, at_ms: int) -> Counted:
        """An invocation of a function at a time, by FunctionName, and by FunctionName and Resource.

        `executed` is the version that an alias with weights has drawn: then by FunctionName, Resource and
        ExecutedVersion too (Lambda developer guide, "Types of metrics for Lambda functions").
        """
        key = (function, qualifier, executed)
        metrics = self._known.get(key)
        if metrics is None:
            resource = f"{function}:{qualifier}" if qualifier else function
            dimensions = [{"FunctionName": function}, {"FunctionName": function, "Resource": resource}]
            if executed is not None:
                dimensions.append({**dimensions[1], "ExecutedVersion": executed})
            metrics = tuple({name: metric_name(NAMESPACE, name, one) for name in NAMES} for one in dimensions)
            self._known[key] = metrics
        return Counted(self._store, metrics, at_ms / 1000)
