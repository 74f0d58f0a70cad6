"""What API Gateway tells CloudWatch of each request: Count, 4XXError, 5XXError, Latency, IntegrationLatency."""

from trimtab.local.exchange import Exchange
from trimtab.local.metric_store import MetricName, MetricStore, metric_name
from trimtab.local.routes import Api

NAMESPACE = "AWS/ApiGateway"
NAMES = ("Count", "4XXError", "5XXError", "Latency", "IntegrationLatency")


class GatewayMetrics:
    """`count` takes a request that was answered."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._known: dict[tuple[str, ...], tuple[dict[str, MetricName], ...]] = {}

    def count(self, exchange: Exchange, status: int, took_ms: float) -> None:
        """By API, by API and stage, and where the stage asks for details by method too."""
        api, at_s = exchange.api, exchange.epoch_ms / 1000
        if api is None:
            return
        values = {
            "Count": (1.0, "Count"),
            "4XXError": (float(400 <= status < 500), "Count"),
            "5XXError": (float(status >= 500), "Count"),
            "Latency": (took_ms, "Milliseconds"),
        }
        if exchange.function_ms is not None:
            values["IntegrationLatency"] = (exchange.function_ms, "Milliseconds")
        for names in self._names(api, exchange):
            for name, (value, unit) in values.items():
                self._store.add(names[name], value, at_s, unit)

    def _names(self, api: Api, exchange: Exchange) -> tuple[dict[str, MetricName], ...]:
        method = exchange.method if api.detailed_metrics else None
        place = (api.name, api.stage, *((method.resource_path, method.http_method) if method else ()))
        if place not in self._known:
            dimensions = [{"ApiName": api.name}, {"ApiName": api.name, "Stage": api.stage}]
            if method is not None:
                detail = {"Resource": method.resource_path, "Method": method.http_method}
                dimensions.append({**dimensions[1], **detail})
            self._known[place] = tuple(
                {name: metric_name(NAMESPACE, name, one) for name in NAMES} for one in dimensions
            )
        return self._known[place]
