"""Each row is sent once, in its own hour and not before it happened; each label once, not before it was known."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trimtab.replay_timeline import BATCH_MS, HOUR_MS, Timeline, timeline

START = 1_362_096_000_000  # 2013-03-01T00:00:00Z
offsets = st.lists(st.integers(min_value=0, max_value=5 * HOUR_MS), min_size=1, max_size=60).map(sorted)
delays = st.integers(min_value=0, max_value=50 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def of(milliseconds: list[int], delay: timedelta, max_rows: int = 1_000) -> Timeline:
    return timeline((START + np.array(milliseconds)).astype("datetime64[ms]").astype("datetime64[us]"), delay, max_rows)


@given(offsets, delays, st.integers(min_value=1, max_value=7))
def test_every_row_and_every_label_is_sent_once_in_order(happened: list[int], delay: timedelta, max_rows: int) -> None:
    sends = list(of(happened, delay, max_rows))
    for what in ("rows", "labels"):
        sent = [row for send in sends if send.what == what for row in range(send.first, send.end)]
        assert sent == list(range(len(happened)))
    assert [send.time_ms for send in sends] == sorted(send.time_ms for send in sends)


@given(offsets, delays, st.integers(min_value=1, max_value=7))
def test_a_row_is_asked_about_once_it_happened_and_within_its_hour(
    happened: list[int], delay: timedelta, max_rows: int
) -> None:
    for send in of(happened, delay, max_rows).batches:
        assert len(send) <= max_rows
        for row in range(send.first, send.end):
            waited = send.time_ms - START - happened[row]
            assert 0 <= waited < BATCH_MS
            assert (START + happened[row]) // HOUR_MS == send.time_ms // HOUR_MS


@given(offsets, delays)
def test_a_label_is_sent_within_the_hour_after_it_was_known_and_after_its_prediction(
    happened: list[int], delay: timedelta
) -> None:
    plan = of(happened, delay)
    answered = 0
    for send in plan:
        if send.what == "rows":
            answered = send.end
            continue
        assert send.end <= answered
        known = plan.known_ms[send.first : send.end]
        assert (known < send.time_ms).all()
        assert (known >= send.time_ms - HOUR_MS).all()
        assert (known - plan.asked_ms[send.first : send.end] == delay // timedelta(milliseconds=1)).all()


def test_rows_of_a_quarter_go_together_and_labels_of_an_hour() -> None:
    minutes = [0, 3, 14, 15, 59, 61]
    sends = list(of([minute * 60_000 for minute in minutes], timedelta(hours=6)))
    assert [(send.what, (send.time_ms - START) / 60_000, len(send)) for send in sends] == [
        ("rows", 14, 3),
        ("rows", 15, 1),
        ("rows", 59, 1),
        ("rows", 61, 1),
        ("labels", 7 * 60, 5),
        ("labels", 8 * 60, 1),
    ]
