"""What AWS asks for one prediction: list prices of us-east-1 in US dollars, as docs/on-aws.md has them.

Without the free tier. Other regions differ, and prices change: AWS's own calculator has the last word.
"""

from dataclasses import dataclass

MILLION = 1e6
GIGABYTE = 1e9
FIREHOSE_STEP = 5_120  # bytes: Firehose counts each record in whole steps of 5 KB
LOG_BYTES = 1_000  # a request, in API Gateway's and the function's logs


@dataclass(frozen=True, slots=True)
class ListPrices:
    """US dollars: requests a million, memory a GB-second, data a GB."""

    gateway_requests: float = 3.50
    lambda_requests: float = 0.20
    lambda_gb_seconds: float = 0.0000166667
    firewall_requests: float = 0.60
    firehose_gb: float = 0.029
    logs_gb: float = 0.50


@dataclass(frozen=True, slots=True)
class Usage:
    """`billed_ms` is the duration of all requests together; `record_bytes` the size of one request's record."""

    requests: int
    rows: int
    billed_ms: float
    memory_mb: int
    record_bytes: float


def cost_per_thousand(usage: Usage, prices: ListPrices) -> float | None:
    """US dollars a thousand predictions; None where there are none."""
    if not usage.rows:
        return None
    requests = usage.requests * (prices.gateway_requests + prices.lambda_requests + prices.firewall_requests) / MILLION
    computing = usage.billed_ms / 1_000 * usage.memory_mb / 1_024 * prices.lambda_gb_seconds
    stored = -(-usage.record_bytes // FIREHOSE_STEP) * FIREHOSE_STEP * usage.requests / GIGABYTE * prices.firehose_gb
    logs = LOG_BYTES * usage.requests / GIGABYTE * prices.logs_gb
    return (requests + computing + stored + logs) / usage.rows * 1_000
