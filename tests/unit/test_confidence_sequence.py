"""The confidence sequence: its formula, what it says of few rows, and how often it is wrong over a whole life."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special
from scipy import stats as scipy_stats

from functions.domain.confidence_sequence import (
    BURN_IN,
    BURN_IN_BLOCKS,
    Interval,
    clustered_confidence_sequence,
    confidence_sequence,
    decide,
    margin,
    rho_squared,
)

alphas = st.floats(0.001, 0.5)
sizes = st.integers(10, 10**6)


@given(alphas, sizes)
def test_rho_is_the_one_that_makes_the_interval_at_that_size_the_shortest(alpha: float, best_at: int) -> None:
    def width(log_rho_squared: float) -> float:
        grown = best_at * math.exp(log_rho_squared) + 1
        return grown / (grown - 1) * math.log(grown / alpha**2)

    x = best_at * rho_squared(alpha, best_at)
    shortest = optimize.minimize_scalar(width, bounds=(-30, 10), method="bounded", options={"xatol": 1e-9})
    assert width(math.log(x / best_at)) <= shortest.fun * (1 + 1e-9)
    assert x == pytest.approx(-special.lambertw(-(alpha**2) / math.e, -1).real - 1, rel=1e-9)


@given(alphas, sizes, st.integers(1, 10**6))
def test_the_margin_is_wider_than_that_of_one_look(alpha: float, best_at: int, count: int) -> None:
    assert margin(count, alpha, best_at) * math.sqrt(count) > scipy_stats.norm.isf(alpha / 2)


def test_no_rows_have_no_mean_and_few_rows_no_limits() -> None:
    assert confidence_sequence(0, 0.0, 0.0) == Interval(None, None, None, 0)
    assert confidence_sequence(BURN_IN - 1, 10.0, 100.0) == Interval(10 / (BURN_IN - 1), None, None, BURN_IN - 1)
    assert confidence_sequence(BURN_IN, 10.0, 100.0).low is not None


def test_equal_values_are_no_infinite_certainty() -> None:
    count = 10_000
    found = confidence_sequence(count, 0.3 * count, 0.09 * count)
    assert found.mean == pytest.approx(0.3)
    assert (found.low, found.high) == (None, None)
    assert decide(found) == "undecided"


def test_many_rows_of_few_hours_say_nothing() -> None:
    counts = np.full(BURN_IN_BLOCKS - 1, 1_000)
    totals = np.linspace(900.0, 1_100.0, len(counts))
    assert clustered_confidence_sequence(counts, totals, 1e6).low is None


@pytest.mark.parametrize(("alpha", "best_at", "count"), [(0.0, 10, 5), (1.0, 10, 5), (0.1, 0, 5), (0.1, 10, -1)])
def test_refuses_what_is_no_level_or_size(alpha: float, best_at: int, count: int) -> None:
    with pytest.raises(ValueError, match="no confidence sequence"):
        confidence_sequence(count, 0.0, 0.0, alpha, best_at)


@given(st.integers(0, 2**32), st.floats(-3, 3), st.floats(0.01, 100))
def test_is_moved_and_scaled_as_its_rows_are(seed: int, shift: float, scale: float) -> None:
    counts, totals, squares = _hours(np.random.default_rng(seed), 60, 0.5)
    first = clustered_confidence_sequence(counts, totals, squares)
    moved_squares = scale**2 * (squares + 2 * shift * totals.sum() + shift**2 * counts.sum())
    moved = clustered_confidence_sequence(counts, scale * (totals + shift * counts), moved_squares)
    assert first.low is not None
    assert moved.low == pytest.approx(scale * (first.low + shift), rel=1e-6, abs=1e-6 * scale)


@given(st.integers(0, 2**32), st.floats(0, 2))
def test_hours_that_share_their_luck_never_make_it_shorter(seed: int, shared: float) -> None:
    counts, totals, squares = _hours(np.random.default_rng(seed), 60, shared)
    clustered = clustered_confidence_sequence(counts, totals, squares)
    alone = confidence_sequence(int(counts.sum()), float(totals.sum()), squares)
    assert clustered.low is not None
    assert alone.low is not None
    assert clustered.low <= alone.low


def test_empty_hours_change_nothing() -> None:
    counts, totals, squares = _hours(np.random.default_rng(1), 60, 0.5)
    padded = clustered_confidence_sequence(np.append(counts, [0, 0]), np.append(totals, [0.0, 0.0]), squares)
    assert padded == clustered_confidence_sequence(counts, totals, squares)


def test_a_difference_is_named_by_the_side_of_zero_it_lies_on() -> None:
    assert decide(Interval(0.2, 0.1, 0.3, 500)) == "harmful"
    assert decide(Interval(-0.2, -0.3, -0.1, 500)) == "better"
    assert decide(Interval(0.0, -0.1, 0.1, 500)) == "undecided"
    assert decide(Interval(None, None, None, 0)) == "undecided"


def test_looked_at_every_hour_of_its_life_it_is_wrong_in_at_most_one_of_twenty() -> None:
    chance = np.random.default_rng(7)
    wrong = 0
    for _ in range(200):
        counts, totals, _ = _hours(chance, 400, 0.5)
        squares = np.cumsum(totals**2 / counts)  # a lower bound of the rows' squares: the hours decide
        looks = range(BURN_IN_BLOCKS, 400, 3)
        seen = (clustered_confidence_sequence(counts[:at], totals[:at], float(squares[at - 1])) for at in looks)
        wrong += any(decide(interval) != "undecided" for interval in seen)
    assert wrong <= 10 + 2 * math.sqrt(200 * 0.05 * 0.95)


def _hours(chance: np.random.Generator, hours: int, shared: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Counts, totals and the total of squares of heavy-tailed values of mean zero, with a part that an hour shares."""
    counts = chance.integers(5, 60, hours)
    rows = int(counts.sum())
    values = chance.standard_t(4, rows) + np.repeat(shared * chance.standard_t(4, hours), counts)
    totals = np.add.reduceat(values, np.append(0, np.cumsum(counts)[:-1]))
    return counts, totals, float(values @ values)
