"""The local cloud's metrics: sums and percentiles of any span, retention, and the embedded metric format."""

import json
import random
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.local.emf import metric_values
from trimtab.local.metric_bucket import Bucket
from trimtab.local.metric_store import DAY, HOUR, HOURS_KEPT_S, MINUTE, MINUTES_KEPT_S, MetricStore, metric_name

NOON = 1_362_139_200  # 2013-03-01T12:00:00Z
LATENCY = metric_name("Tiny", "Latency", {"model": "m"})
VALUES = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


def nearest_rank(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[max(1, ceil(percent / 100 * len(ordered) - 1e-9)) - 1]


@settings(max_examples=200)
@given(st.lists(VALUES, min_size=1, max_size=300), st.floats(0, 100))
def test_any_percentile_is_within_one_percent_of_the_nearest_rank(values: list[float], percent: float) -> None:
    bucket = Bucket()
    for value in values:
        bucket.add(value)
    found = bucket.percentile(percent)
    assert found == pytest.approx(nearest_rank(values, percent), rel=0.01, abs=1e-9)


@pytest.mark.parametrize("percent", [50, 90, 95, 99, 99.9])
def test_percentiles_of_latencies_are_within_one_percent(percent: float) -> None:
    random.seed(7)
    values = [random.lognormvariate(3, 1) for _ in range(50_000)]
    bucket = Bucket()
    for value in values:
        bucket.add(value)
    assert bucket.percentile(percent) == pytest.approx(nearest_rank(values, percent), rel=0.01)


@settings(max_examples=100)
@given(st.lists(st.lists(VALUES, max_size=20), min_size=1, max_size=5))
def test_merged_buckets_are_as_one_that_took_all(parts: list[list[float]]) -> None:
    merged, whole = Bucket(), Bucket()
    for part in parts:
        bucket = Bucket()
        for value in part:
            bucket.add(value)
            whole.add(value)
        merged.merge(bucket)
    assert merged.count == whole.count
    assert merged.total == pytest.approx(whole.total, abs=1e-6)
    for percent in (0, 25, 50, 99, 100):
        assert merged.percentile(percent) == whole.percentile(percent)
    if whole.count:
        assert (merged.low, merged.high) == (whole.low, whole.high)


def test_statistics_have_cloudwatchs_names() -> None:
    bucket = Bucket()
    for value in (1.0, 2.0, 6.0):
        bucket.add(value)
    given = {name: bucket.statistic(name) for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p100")}
    assert given == {"Sum": 9, "Average": 3, "Minimum": 1, "Maximum": 6, "SampleCount": 3, "p100": 6}
    for unknown in ("Median", "p101", "px", "tm90"):
        with pytest.raises(KeyError):
            bucket.statistic(unknown)


def test_of_values_that_came_as_a_summary_no_percentile_is_told() -> None:
    bucket = Bucket()
    bucket.add_summary(10, 100, 5, 20)
    assert bucket.percentile(50) is None
    assert bucket.statistic("Average") == 10
    bucket = Bucket()
    bucket.add_summary(10, 50, 5, 5)
    assert bucket.percentile(50) == 5


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(1, 9)), max_size=60),
    st.integers(0, 300),
    st.integers(1, 300),
)
def test_a_window_sums_exactly_what_lies_in_its_minutes(data: list[tuple[int, int]], start: int, length: int) -> None:
    store = MetricStore()
    for offset, value in data:
        store.add(LATENCY, value, NOON + offset)
    begin, end = NOON + start * MINUTE, NOON + (start + length) * MINUTE
    expected = [value for offset, value in data if begin <= NOON + offset - offset % MINUTE < end]
    found = store.window(LATENCY, begin, end)
    assert ((found.count, found.total) if found else (0, 0)) == (len(expected), sum(expected))


def test_an_unknown_metric_and_an_empty_window_hold_nothing() -> None:
    store = MetricStore()
    assert store.window(LATENCY, NOON, NOON + DAY) is None
    store.add(LATENCY, 1, NOON)
    assert store.window(LATENCY, NOON + MINUTE, NOON + DAY) is None
    assert store.has_data(LATENCY, NOON, NOON + 1)
    assert not store.has_data(LATENCY, NOON + HOUR, NOON + DAY)


def test_a_year_of_minutes_is_bounded_and_its_hours_are_kept() -> None:
    store, minutes = MetricStore(), 60 * DAY // MINUTE
    for minute in range(minutes):
        at = NOON + minute * MINUTE
        store.add(LATENCY, 1, at)
        if minute % 1440 == 0:
            store.prune(at)
    series, buckets = store.size()
    assert series == 1
    assert buckets <= (MINUTES_KEPT_S + 2 * DAY) // MINUTE + minutes // 60 + 1
    day = store.window(LATENCY, NOON, NOON + DAY)
    assert day is not None
    assert day.count == DAY // MINUTE
    store.prune(NOON + HOURS_KEPT_S + 61 * DAY)
    assert store.size() == (0, 0)


def test_metric_lines_become_values_with_dimensions_unit_and_their_own_time() -> None:
    directive = {"Namespace": "T", "Dimensions": [["model"], []], "Metrics": [{"Name": "Lost", "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": 1000, "CloudWatchMetrics": [directive]}, "model": "m", "Lost": [1, 2]}
    found = metric_values(json.dumps(line), 5000)
    by_model, overall = metric_name("T", "Lost", {"model": "m"}), metric_name("T", "Lost")
    assert found == [(by_model, 1, 1, "Count"), (by_model, 2, 1, "Count"), (overall, 1, 1, "Count"),
                     (overall, 2, 1, "Count")]  # fmt: skip
    del line["_aws"]["Timestamp"]  # type: ignore[attr-defined] # a dict
    assert {at for _, _, at, _ in metric_values(json.dumps(line), 5000)} == {5}


@pytest.mark.parametrize("line", ["plain", '{"_aws": 1}', '{"_aws": {"CloudWatchMetrics": [{}]}}', '{"_aws"'])
def test_a_line_that_is_no_metric_line_gives_none(line: str) -> None:
    assert metric_values(line, 0) == []
