"""Operation: how much was asked, how long answers took, what failed, who asked, and what a prediction costs."""

from typing import Any

import duckdb
import numpy as np

from functions.domain.list_prices import ListPrices, Usage, cost_per_thousand
from functions.domain.model_config import ModelConfig
from functions.evaluate.counts import Counts
from functions.evaluate.window_rows import WINDOW

Section = dict[str, Any]
MOST_CLIENTS = 20
LATENCIES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
# A record's size is not in the table: its frame, and by row and feature a value of about this many characters.
FRAME_BYTES, ROW_BYTES, VALUE_BYTES = 350, 40, 8


def operation(
    con: duckdb.DuckDBPyConnection, config: ModelConfig, counts: Counts, prices: ListPrices | None = None
) -> Section:
    """The section `operation` of a report. `counts` is CloudWatch's; its None stay None.

    `rows` are predictions, `requests` those that are the first of their request. Latency is `predict`'s own, by
    request, without API Gateway and Firehose; observations of an external model have none.
    """
    requests, rows, by_day, clients = _volume(con)
    latency, total_ms = _latency(con)
    cost, assumptions = _cost(config, requests, rows, counts.duration_ms or total_ms, prices or ListPrices())
    return {
        "requests": requests,
        "rows": rows,
        "rows_per_request": rows / requests if requests else None,
        "latency_ms": latency,
        "invocations": counts.invocations,
        "errors": counts.errors,
        "throttles": counts.throttles,
        "error_share": counts.errors / counts.invocations if counts.errors is not None and counts.invocations else None,
        "cost_per_thousand": cost,
        "cost_assumptions": assumptions,
        "by_day": by_day,
        "clients": clients[:MOST_CLIENTS],
        "distinct_clients": len(clients),
    }


def _volume(con: duckdb.DuckDBPyConnection) -> tuple[int, int, list[Section], list[Section]]:
    """(requests, rows, rows by day, rows by client, the busiest first)."""
    query = (
        "SELECT grouping(day, client), day, client, count(*), count(*) FILTER (first) FROM ("
        f'SELECT CAST(time AS DATE) AS day, client, "row" = 0 AS first FROM {WINDOW}) '
        "GROUP BY GROUPING SETS ((), (day), (client))"
    )
    found = con.execute(query).fetchall()
    rows, requests = next(((r[3], r[4]) for r in found if r[0] == 3), (0, 0))
    by_day = sorted((r[1], r[3]) for r in found if r[0] == 1)
    clients = sorted(((r[2], r[3]) for r in found if r[0] == 2), key=lambda c: (-c[1], c[0] or ""))
    return (
        requests,
        rows,
        [{"day": day.isoformat(), "rows": count} for day, count in by_day],
        [{"client": client, "rows": count} for client, count in clients],
    )


def _latency(con: duckdb.DuckDBPyConnection) -> tuple[Section | None, float]:
    """Exact quantiles in ms (the smallest value that so many requests do not exceed), and the sum.

    From counts by microsecond: as many rows as there are different durations, whatever the number of requests.
    """
    query = (
        "SELECT latency_us, count(*) AS n "
        f'FROM {WINDOW} WHERE "row" = 0 AND latency_us IS NOT NULL GROUP BY latency_us ORDER BY latency_us'
    )
    found = con.execute(query).fetchnumpy()
    micros, counts = np.asarray(found["latency_us"], dtype=np.float64), np.asarray(found["n"], dtype=np.int64)
    if not len(micros):
        return None, 0.0
    upto = np.cumsum(counts)
    at = {name: np.searchsorted(upto, np.ceil(share * upto[-1])) for name, share in LATENCIES.items()}
    return {name: float(micros[index]) / 1_000 for name, index in at.items()}, float(micros @ counts) / 1_000


def _cost(
    config: ModelConfig, requests: int, rows: int, billed_ms: float, prices: ListPrices
) -> tuple[float | None, str]:
    if config.external:
        return None, "its predictions are made elsewhere"
    if not requests:
        return None, "no requests"
    values = sum(feature.size or 1 for feature in config.features)
    record_bytes = FRAME_BYTES + rows / requests * (ROW_BYTES + VALUE_BYTES * values)
    cost = cost_per_thousand(Usage(requests, rows, billed_ms, config.memory_mb, record_bytes), prices)
    return cost, (
        f"list prices of us-east-1: Lambda at {config.memory_mb:,} MB and {billed_ms / requests:,.1f} ms a request, "
        f"API Gateway, firewall, Firehose at {record_bytes / 1_000:,.1f} kB a record in steps of 5 KB, logs of 1 kB a "
        "request; not what is billed by the month"
    )
