"""One request on its way through the gateway, what is known of it, and how the logs tell it."""

import json
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import Any
from uuid import uuid4

from trimtab.local.http_message import Request, Response
from trimtab.local.routes import Api, Method


@dataclass(slots=True)
class Exchange:
    """Made when the request has come; the gateway notes in it what becomes of it.

    `epoch_ms` is the request's time, which may be virtual; `received_ms` the wall clock's, for the log.
    """

    request: Request
    epoch_ms: int
    request_id: str = field(default_factory=lambda: str(uuid4()))
    trace_id: str = field(default_factory=lambda: f"Root=1-{int(time()):08x}-{uuid4().hex[:24]}")
    received_ms: int = field(default_factory=lambda: int(time() * 1000))
    begun: float = field(default_factory=perf_counter)
    api: Api | None = None
    method: Method | None = None
    identity: dict[str, str | None] = field(default_factory=dict)
    release: str = "-"
    refused: str = "-"
    firewall: str = "-"
    function_ms: float | None = None


def log_variables(exchange: Exchange, response: Response, took: float) -> dict[str, str]:
    """The variables of an access log's format."""
    request, identity = exchange.request, exchange.identity
    values: dict[str, Any] = {
        "requestId": exchange.request_id,
        "requestTimeEpoch": exchange.epoch_ms,
        "xrayTraceId": exchange.trace_id,
        "httpMethod": request.method,
        "path": json.dumps(request.raw_path)[1:-1],
        "resourcePath": exchange.method.resource_path if exchange.method else "-",
        "stage": exchange.api.stage if exchange.api else "-",
        "status": response.status,
        "responseLength": len(response.body),
        "responseLatency": int(took),
        "integrationLatency": "-" if exchange.function_ms is None else int(exchange.function_ms),
        "identity.sourceIp": request.peer,
        "identity.apiKeyId": identity.get("apiKeyId") or "-",
        "identity.userArn": identity.get("userArn") or "-",
        "error.responseType": exchange.refused,
        "waf.status": exchange.firewall,
    }
    return {name: str(value) for name, value in values.items()}
