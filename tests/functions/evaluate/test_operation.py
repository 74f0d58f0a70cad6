from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from functions.domain.contract import Feature
from functions.domain.list_prices import ListPrices, Usage, cost_per_thousand
from functions.evaluate.counts import Counts
from functions.evaluate.operation import MOST_CLIENTS, operation
from tests.functions.evaluate.drift_windows import empty_window, spread_over_week, window
from tests.functions.evaluate.tables import model_config, texts

CONFIG = model_config([Feature("x", "float32")])
PAGE = Path(__file__).parents[3] / "docs" / "on-aws.md"


def test_volume_is_in_requests_and_rows_by_day_and_by_client(tmp_path: Path) -> None:
    logged = {
        "in_x": np.zeros(700),
        "row": np.arange(700) % 2,
        "time": spread_over_week(700),
        "client": texts([None, "a", "b", "b"] * 175),
    }
    with window(tmp_path, CONFIG, logged) as con:
        found = operation(con, CONFIG, Counts())
    assert (found["requests"], found["rows"], found["rows_per_request"]) == (350, 700, 2)
    assert found["by_day"] == [{"day": f"2013-03-0{day}", "rows": 100} for day in range(1, 8)]
    assert found["clients"] == [
        {"client": "b", "rows": 350},
        {"client": None, "rows": 175},
        {"client": "a", "rows": 175},
    ]


def test_the_busiest_clients_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    names = [f"client {number}" for number in range(50) for _ in range(number + 1)]
    with window(tmp_path, CONFIG, {"in_x": np.zeros(len(names)), "client": texts(names)}) as con:
        found = operation(con, CONFIG, Counts())
    assert len(found["clients"]) == MOST_CLIENTS
    assert found["clients"][0] == {"client": "client 49", "rows": 50}
    assert found["distinct_clients"] == 50


def test_latency_quantiles_are_exact_and_by_request(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    micros = rng.lognormal(8, 1, 3_333).astype(np.int64)
    rows = np.arange(3_333) % 3
    with window(tmp_path, CONFIG, {"in_x": np.zeros(3_333), "row": rows, "latency_us": micros}) as con:
        found = operation(con, CONFIG, Counts())["latency_ms"]
    expected = np.quantile(micros[rows == 0], [0.5, 0.95, 0.99], method="inverted_cdf") / 1_000
    assert [found["p50"], found["p95"], found["p99"]] == pytest.approx(expected.tolist(), rel=1e-12)


def test_observations_have_no_latency_and_no_cost(tmp_path: Path) -> None:
    external = replace(CONFIG, external=True)
    latency = np.full(10, np.nan)
    with window(tmp_path, external, {"in_x": np.zeros(10), "latency_us": latency}) as con:
        found = operation(con, external, Counts())
    assert (found["latency_ms"], found["cost_per_thousand"], found["rows"]) == (None, None, 10)
    assert found["cost_assumptions"] == "its predictions are made elsewhere"


def test_what_cloudwatch_counted_is_passed_on(tmp_path: Path) -> None:
    with window(tmp_path, CONFIG, {"in_x": np.zeros(10)}) as con:
        found = operation(con, CONFIG, Counts(invocations=200, errors=3, throttles=4, duration_ms=1_000))
        quiet = operation(con, CONFIG, Counts(invocations=0, errors=0, throttles=0, duration_ms=0))
    assert (found["errors"], found["throttles"], found["error_share"]) == (3, 4, 3 / 200)
    assert (quiet["errors"], quiet["error_share"]) == (0, None)


def test_an_empty_window_costs_nothing_that_could_be_divided(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        found = operation(con, CONFIG, Counts())
    assert (found["requests"], found["rows"], found["rows_per_request"]) == (0, 0, None)
    assert (found["by_day"], found["clients"], found["latency_ms"], found["cost_per_thousand"]) == ([], [], None, None)


def test_cost_is_that_of_the_page_on_aws() -> None:
    """A million one-row requests of 20 ms at 1 GB a day: the page's month has 30.4 days."""
    month = Usage(requests=30_400_000, rows=30_400_000, billed_ms=30_400_000 * 20, memory_mb=1_024, record_bytes=1_000)
    of_the_page = 106.40 + 16.20 + 4.20 + 15.20 + 0.60 * 30.4  # API Gateway, Lambda, Firehose, logs, firewall
    assert cost_per_thousand(month, ListPrices()) == pytest.approx(of_the_page / 30_400, rel=0.005)


def test_prices_are_those_of_the_page_on_aws() -> None:
    page, prices = PAGE.read_text(), ListPrices()
    for said in (
        f"${prices.gateway_requests:.2f} a million",
        f"${prices.lambda_requests:.2f} a million, ${prices.lambda_gb_seconds:.10f} a GB-second",
        f"${prices.firewall_requests:.2f} a million requests",
        f"${prices.firehose_gb} a GB, each record counted as 5 KB",
        f"${prices.logs_gb:.2f} a GB",
    ):
        assert said in page


def test_a_batch_costs_less_a_row_and_big_records_more() -> None:
    one = Usage(requests=1_000, rows=1_000, billed_ms=5_000, memory_mb=1_024, record_bytes=500)
    batch = replace(one, rows=100_000, record_bytes=30_000)
    single, batched = (cost_per_thousand(usage, ListPrices()) for usage in (one, batch))
    assert single is not None
    assert batched is not None
    assert batched < single / 20
    assert cost_per_thousand(replace(batch, record_bytes=5_120), ListPrices()) < batched  # type: ignore[operator]
    assert cost_per_thousand(replace(one, rows=0), ListPrices()) is None
