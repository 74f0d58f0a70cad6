"""Which releases are given up."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.release_pruning import expendable

GOOD = Release("flights", 2, 1, "c", "arn", "2013-03-01", "tested", None, "2013-03-01")


def releases(*days: int | None) -> list[Release]:
    """Releases from 2 on, each last live on a day of March; None: never."""
    return [
        replace(GOOD, number=number, live_at=None if day is None else f"2013-03-{day:02d}")
        for number, day in enumerate(days, 2)
    ]


def given_up(record: ModelRecord, known: list[Release], keep: int) -> list[int]:
    return [release.number for release in expendable(record, known, keep)]


def live(number: int) -> ModelRecord:
    return ModelRecord("flights", 9, number, number)


def test_the_live_one_and_the_last_few_that_were_live_are_kept() -> None:
    assert given_up(live(6), releases(1, 2, 3, 4, 5), keep=2) == [2, 3]


def test_who_was_live_last_counts_and_not_who_is_newest() -> None:
    assert given_up(live(2), releases(9, 2, 8, 4, 5), keep=1) == [3, 5]  # 6 is the newest, and never given up


def test_what_was_never_live_goes_once_it_is_older_than_all_that_is_kept() -> None:
    assert given_up(live(7), releases(None, 2, 3, None, 4, 5), keep=2) == [2, 3]


def test_nothing_goes_before_there_are_enough_to_go_back_to() -> None:
    assert given_up(live(4), releases(None, 2, 3), keep=5) == []


@given(st.lists(st.one_of(st.none(), st.integers(1, 28)), min_size=1, max_size=12), st.integers(1, 4), st.data())
def test_there_is_always_the_promised_number_to_go_back_to(
    days: list[int | None], keep: int, data: st.DataObject
) -> None:
    known = releases(*days)
    record = live(data.draw(st.sampled_from(known)).number)
    gone = set(given_up(record, known, keep))
    assert record.live not in gone
    assert known[-1].number not in gone
    before = [r for r in known if r.good and r.number != record.live]
    after = [r for r in before if r.number not in gone]
    assert len(after) >= min(keep, len(before))
