"""Which rows are held out: the newest, from a moment on, or a seeded choice of each class."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.domain.dataset import Dataset, as_datetime, moment
from functions.domain.errors import ModelFolderError
from functions.domain.holdout import (
    iso,
    newest_for_retraining,
    newest_share,
    parsed,
    seeded_count,
    split_by_seed,
    split_by_time,
)

START = datetime(2013, 1, 1, tzinfo=UTC)


def hours(*counts: int) -> NDArray[Any]:
    """Sorted times: so many rows in each hour from the start on."""
    each = [moment(START + timedelta(hours=hour)) for hour, count in enumerate(counts) for _ in range(count)]
    return np.array(each, dtype="datetime64[us]")


def rows(time: NDArray[Any] | None, labels: NDArray[Any]) -> Dataset:
    x = np.arange(len(labels), dtype=np.float64)
    return Dataset((Feature("x", "float32"),), {"x": x}, labels, time)


@given(st.lists(st.integers(0, 3_000), min_size=2, max_size=40), st.floats(0.01, 0.5), st.integers(1, 50))
def test_a_retrainings_hold_out_is_no_larger_than_its_share_and_than_is_needed(
    counts: list[int], share: float, window_hours: int
) -> None:
    time = hours(*counts)
    if len(set(time.tolist())) < 2:
        return
    window = timedelta(hours=window_hours)
    begin = newest_for_retraining(time, share, window)
    held_out = int((time >= moment(begin)).sum())
    own_moment = int((time == moment(begin)).sum())  # rows of one moment are not parted
    in_window = int((time >= time[-1] - np.timedelta64(window / 2)).sum())
    assert 0 < held_out < len(time)
    assert held_out - own_moment < max(1, len(time) * share)
    assert held_out - own_moment < max(in_window, 400)


def test_of_a_year_of_rows_half_a_window_or_four_hundred_rows_are_held_out() -> None:
    time = hours(*[100] * 1_000)
    by_day = newest_for_retraining(time, 0.2, timedelta(days=1))
    by_week = newest_for_retraining(time, 0.2, timedelta(days=7))
    assert int((time >= moment(by_day)).sum()) == 1_300  # the last 12 hours, and the hour that they begin in
    assert int((time >= moment(by_week)).sum()) == 8_500
    assert int((time >= moment(newest_for_retraining(time, 0.2, timedelta(hours=1)))).sum()) == 400
    assert int((time >= moment(newest_share(time, 0.2))).sum()) == 20_000


def test_rows_of_a_part_without_a_time_are_learnt_from() -> None:
    log = rows(hours(2, 2), np.array([1.0, 2.0, 3.0, 4.0]))
    split = split_by_time([rows(None, np.array([9.0])), log], as_datetime(moment(START + timedelta(hours=1))))
    assert split.fit.labels.tolist() == [9.0, 1.0, 2.0]
    assert split.holdout.labels.tolist() == [3.0, 4.0]
    assert split.fit.time is None


def test_parts_are_put_in_the_order_of_their_times() -> None:
    late, early = rows(hours(0, 2), np.array([1.0, 2.0])), rows(hours(1, 1, 1), np.array([3.0, 4.0, 5.0]))
    split = split_by_time([late, early], START + timedelta(hours=2))
    assert split.fit.labels.tolist() == [3.0, 1.0, 2.0, 4.0]
    assert split.holdout.labels.tolist() == [5.0]


def test_rows_of_one_moment_cannot_be_held_out_of_themselves() -> None:
    with pytest.raises(ModelFolderError, match="all rows have the same `time`"):
        newest_share(hours(5), 0.2)


@given(st.lists(st.integers(2, 60), min_size=2, max_size=6), st.floats(0.01, 0.5), st.integers(0, 9))
def test_a_seeded_hold_out_has_each_class_in_proportion(sizes: list[int], share: float, seed: int) -> None:
    labels = np.array([k for k, size in enumerate(sizes) for _ in range(size)], dtype=object)
    count = seeded_count(labels, share)
    split = split_by_seed(rows(None, labels), count, seed)
    assert len(split.holdout) == count
    assert len(split.fit) == len(labels) - count
    for k, size in enumerate(sizes):
        held_out = split.holdout.labels.tolist().count(k)
        assert 1 <= held_out <= size - 1
        assert held_out <= 1 or held_out < size * count / len(labels) + 2
    again = split_by_seed(rows(None, labels), count, seed)
    assert again.holdout.columns["x"].tolist() == split.holdout.columns["x"].tolist()


def test_another_seed_holds_out_other_rows() -> None:
    values = rows(None, np.arange(100, dtype=np.float64))
    first, second = (split_by_seed(values, 20, seed).holdout.labels.tolist() for seed in (0, 1))
    assert first != second


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_is_read_as_it_was_written(value: datetime) -> None:
    assert parsed(iso(value)) == value
