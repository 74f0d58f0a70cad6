"""The local gateway's limits, on a clock of the test's own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.local.throttle import Quotas, Throttles, TokenBucket, period_name

NOON = datetime(2013, 3, 6, 12, tzinfo=UTC)


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.25) for _ in range(3)] == [True, True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    bucket = TokenBucket(rate=1, burst=1)
    assert [bucket.take(at) for at in (10.0, 5.0, 10.5, 11.0)] == [True, False, False, True]


@given(st.lists(st.floats(0, 0.5), max_size=200), st.floats(0.1, 50), st.integers(1, 20))
def test_no_stretch_of_time_ever_sees_more_than_burst_and_rate_allow(
    gaps: list[float], rate: float, burst: int
) -> None:
    bucket, now, taken = TokenBucket(rate, burst), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= burst + rate * now + 1e-6


def test_keys_do_not_share_a_bucket_and_no_rate_is_no_limit() -> None:
    throttles = Throttles()
    assert throttles.take(("a",), 1, 1, 0.0)
    assert not throttles.take(("a",), 1, 1, 0.0)
    assert throttles.take(("b",), 1, 1, 0.0)
    assert all(throttles.take(("c",), None, None, 0.0) for _ in range(100))


def test_a_bucket_whose_limits_change_begins_anew() -> None:
    throttles = Throttles()
    assert throttles.take(("a",), 1, 1, 0.0)
    assert throttles.take(("a",), 1, 2, 0.0)


def test_a_quota_counts_to_its_limit_and_begins_anew_with_the_period(tmp_path: Path) -> None:
    quotas = Quotas(tmp_path)
    assert [quotas.take("k", 2, "DAY", NOON) for _ in range(3)] == [True, True, False]
    assert quotas.take("other", 2, "DAY", NOON)
    assert quotas.take("k", 2, "DAY", NOON.replace(day=7))
    assert len(list(tmp_path.glob("k.*"))) == 1


def test_a_quota_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    assert [Quotas(tmp_path).take("k", 2, "DAY", NOON) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("period", "name"), [("DAY", "2013-03-06"), ("WEEK", "2013-03-04w"), ("MONTH", "2013-03")])
def test_periods_are_days_weeks_from_monday_and_months(period: str, name: str) -> None:
    assert period_name(period, NOON) == name


def test_an_unknown_period_is_an_error() -> None:
    with pytest.raises(ValueError, match="YEAR"):
        period_name("YEAR", NOON)
