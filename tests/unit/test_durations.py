"""Spans of time as model.toml writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.durations import duration, words
from functions.domain.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        ("7d", timedelta(days=7)),
        ("99999d", timedelta(days=99_999)),
    ],
)
def test_reads_a_whole_number_and_a_unit(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "6", "h", "6 h", "06h", "-6h", "1.5h", "6w", "0m", "6h\n", "123456s", "٦h", "6H"])
def test_reads_nothing_else(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="such as 6h"):
        duration(text)


@given(st.integers(1, 99_999), st.sampled_from("smhd"))
def test_a_span_in_words_is_the_same_span(count: int, unit: str) -> None:
    span = duration(f"{count}{unit}")
    text = words(span)
    assert timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[text[-1]]: int(text[:-1])}) == span


def test_words_take_the_largest_unit_that_fits() -> None:
    assert [words(timedelta(seconds=s)) for s in (0, 59, 60, 3_600, 5_400, 86_400, 90_000)] == [
        *("0s", "59s", "1m", "1h", "90m", "1d", "25h")
    ]
