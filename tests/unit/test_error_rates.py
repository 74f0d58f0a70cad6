"""Errors and latencies of a canary beside the champion's: levels under repeated looks, and power."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.error_rates import LEAST_REQUESTS, Latency, Requests, errors_higher, latency_slower
from functions.domain.sequential_binomial import log_e_value

periods = st.lists(
    st.tuples(st.integers(0, 500), st.floats(0, 1), st.integers(0, 500), st.floats(0, 1)), max_size=8
).map(lambda found: [(Requests(a, int(a * x)), Requests(b, int(b * y))) for a, x, b, y in found])


@pytest.mark.parametrize("rate", [0.002, 0.05, 0.6])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_equal_canary_is_convicted_in_at_most_one_of_twenty_lives(rate: float, share: float) -> None:
    chance = np.random.default_rng(int(rate * 1000) + int(share * 10))
    minutes, lives = 200, 300
    wrong = 0
    for _ in range(lives):
        canary = chance.binomial(50, share, minutes)
        errors = np.stack([chance.binomial(50 - canary, rate), chance.binomial(canary, rate)], axis=1)
        looks = np.cumsum(np.stack([50 - canary, errors[:, 0], canary, errors[:, 1]], axis=1), axis=0).tolist()
        wrong += any(errors_higher([(Requests(a, x), Requests(b, y))]).higher for a, x, b, y in looks[::5])
    assert wrong <= 0.05 * lives + 2 * math.sqrt(lives * 0.05 * 0.95)


def test_ten_failures_in_a_row_beside_none_convict() -> None:
    assert errors_higher([(Requests(90, 0), Requests(10, 10))]).higher
    assert errors_higher([(Requests(100, 0), Requests(100, 10))]).higher


def test_a_canary_with_fewer_errors_is_never_convicted() -> None:
    found = errors_higher([(Requests(900, 90), Requests(100, 1))])
    assert not found.higher
    assert (found.champion, found.challenger) == (0.1, 0.01)


def test_an_hour_in_which_everybody_fails_convicts_nobody() -> None:
    # Put together, the canary's errors look like five times its share; hour by hour it has just its share.
    quiet = (Requests(9_000, 9), Requests(1_000, 1))
    storm = (Requests(500, 250), Requests(500, 250))
    assert errors_higher([(Requests(9_500, 259), Requests(1_500, 251))]).higher
    assert not errors_higher([quiet, storm]).higher


def test_no_requests_are_no_evidence() -> None:
    found = errors_higher([(Requests(100, 100), Requests(0, 0))])
    assert (found.challenger, found.higher, found.log_evidence) == (None, False, 0.0)
    assert errors_higher([]).champion is None


def test_periods_of_one_alone_are_put_together_with_the_next_ones() -> None:
    champion_alone, challenger_alone = (Requests(1, 0), Requests(0, 0)), (Requests(0, 0), Requests(1, 1))
    sparse = [*[champion_alone] * 9, challenger_alone] * 5
    assert errors_higher(sparse).log_evidence == errors_higher([(Requests(9, 0), Requests(1, 1))] * 5).log_evidence
    assert errors_higher(sparse, alpha=0.01).higher


@given(periods)
def test_periods_without_a_request_change_nothing(given_periods: list[tuple[Requests, Requests]]) -> None:
    quiet = [part for period in given_periods for part in ((Requests(0, 0), Requests(0, 0)), period)]
    assert errors_higher(quiet).log_evidence == errors_higher(given_periods).log_evidence


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.01, 0.99))
def test_one_more_hit_is_more_evidence_and_one_more_miss_less(hits: int, misses: int, chance: float) -> None:
    odds = (1.5, 4.0, 50.0)
    now = log_e_value([(hits, hits + misses, chance)], odds)
    assert log_e_value([(hits + 1, hits + misses + 1, chance)], odds) > now
    assert log_e_value([(hits, hits + misses + 1, chance)], odds) < now


@given(st.integers(1, 12), st.floats(0.01, 0.99))
def test_evidence_is_one_on_average_where_the_chance_is_as_said(tried: int, chance: float) -> None:
    total = sum(
        math.comb(tried, hits)
        * chance**hits
        * (1 - chance) ** (tried - hits)
        * math.exp(log_e_value([(hits, tried, chance)], (2.0, 10.0)))
        for hits in range(tried + 1)
    )
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("odds", [(), (1.0,), (0.5,), (math.nan,)])
def test_alternatives_are_more_often_than_the_chance(odds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="odds above 1"):
        log_e_value([(1, 2, 0.5)], odds)


def test_refuses_more_errors_than_requests() -> None:
    with pytest.raises(ValueError, match="more errors than requests"):
        errors_higher([(Requests(1, 0), Requests(1, 2))])


def test_a_canary_that_is_slow_in_every_minute_is_found_in_ten() -> None:
    champion, challenger = Latency(500, 10.0, 20.0), Latency(50, 30.0, 70.0)
    found = latency_slower([(champion, challenger)] * 10, tolerated=2.0)
    assert found.slower
    assert (found.mean_ratio, found.p95_ratio, found.periods) == (3.0, 3.5, 10)
    assert not latency_slower([(champion, challenger)] * 3, tolerated=2.0).slower


def test_a_canary_within_what_is_tolerated_stays() -> None:
    assert not latency_slower([(Latency(500, 10.0, 20.0), Latency(50, 18.0, 39.0))] * 500, tolerated=2.0).slower


def test_minutes_with_few_requests_say_nothing_of_percentiles() -> None:
    few = Latency(LEAST_REQUESTS - 1, 900.0, 2_000.0)
    found = latency_slower([(Latency(500, 10.0, 20.0), few)] * 50, tolerated=1.0)
    assert (found.periods, found.slower, found.p95_ratio) == (0, False, None)


def test_equally_slow_releases_are_told_apart_in_at_most_one_of_twenty_lives() -> None:
    chance = np.random.default_rng(3)
    wrong = 0
    for _ in range(200):
        champion = np.quantile(chance.lognormal(3, 1, (100, 90)), 0.95, axis=1)
        challenger = np.quantile(chance.lognormal(3, 1, (100, 30)), 0.95, axis=1)
        minutes = [(Latency(90, 20.0, a), Latency(30, 20.0, b)) for a, b in zip(champion, challenger, strict=True)]
        wrong += any(latency_slower(minutes[:look], tolerated=1.0).slower for look in range(1, 101, 3))
    assert wrong <= 10 + 2 * math.sqrt(200 * 0.05 * 0.95)


def test_refuses_a_ratio_that_tolerates_nothing() -> None:
    with pytest.raises(ValueError, match="positive"):
        latency_slower([], tolerated=0.0)
