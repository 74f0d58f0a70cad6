"""Which rows of a retraining are held out."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.hold_out import hold_out_from

DAY = timedelta(days=1)
START = np.datetime64("2013-03-01T00:00:00", "us")


def moments(seconds: list[int]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return START + np.array(sorted(seconds)).astype("timedelta64[s]")


def held(time: np.ndarray[tuple[int], np.dtype[np.datetime64]], *, share: float, window: timedelta, least: int) -> int:
    return int((time >= hold_out_from(time, share, window, least)).sum())


def test_a_share_of_the_newest_rows_is_held_out() -> None:
    assert held(moments(list(range(5_000))), share=0.2, window=DAY, least=300) == 1_000


def test_no_more_than_a_window_of_them() -> None:
    hourly = moments([hour * 3_600 for hour in range(24 * 1_000)])
    assert held(hourly, share=0.2, window=100 * DAY, least=300) == 2_401
    assert held(hourly, share=0.2, window=7 * DAY, least=300) == 2_000, "a few thousand may always be"


def test_as_many_as_the_gate_needs_if_that_leaves_half() -> None:
    assert held(moments(list(range(1_000))), share=0.2, window=DAY, least=300) == 300
    assert held(moments(list(range(400))), share=0.2, window=DAY, least=300) == 200


def test_rows_of_one_moment_stay_together() -> None:
    time = moments([0] * 50 + [1] * 30 + [2] * 20)
    assert held(time, share=0.25, window=DAY, least=1) == 20
    assert held(moments([0] * 10), share=0.2, window=DAY, least=1) == 10


def test_of_nothing_nothing_can_be_held_out() -> None:
    with pytest.raises(ValueError, match="no rows"):
        hold_out_from(moments([]), 0.2, DAY, 300)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=200), st.floats(0.01, 0.9), st.integers(1, 100))
def test_some_rows_are_always_held_out(seconds: list[int], share: float, least: int) -> None:
    time = moments(seconds)
    count = held(time, share=share, window=DAY, least=least)
    assert count >= 1
    _, of_each = np.unique(time, return_counts=True)
    assert count <= max(int(len(time) * share), min(least, len(time) // 2), int(of_each[-1]))
