"""The clock that can be set, and the file of schedules' last runs."""

from pathlib import Path

import pytest

from functions.domain.errors import InvalidRequestError
from trimtab.local.clock import Clock, epoch_ms, iso
from trimtab.local.last_runs import LINES, LastRun, LastRuns

MARCH = 1_362_096_000_000


def test_the_clock_is_the_walls_until_it_is_set(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock", wall=lambda: 5.25)
    assert (clock.is_virtual, clock.now_ms(), clock.now_s()) == (False, 5250, 5.25)
    clock.set(MARCH)
    assert (clock.is_virtual, clock.now_ms()) == (True, MARCH)
    clock.follow_the_wall()
    assert (clock.is_virtual, clock.now_ms()) == (False, 5250)


def test_virtual_time_goes_forward_only_and_says_so(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(MARCH)
    clock.set(MARCH + 1)
    with pytest.raises(InvalidRequestError, match=r"stands at 2013-03-01T00:00:00.001Z and does not go back to"):
        clock.set(MARCH)
    assert clock.now_ms() == MARCH + 1


def test_the_next_process_goes_on_from_the_virtual_time(tmp_path: Path) -> None:
    Clock(tmp_path / "clock").set(MARCH)
    clock = Clock(tmp_path / "clock")
    assert clock.now_ms() == MARCH
    clock.follow_the_wall()
    assert not Clock(tmp_path / "clock").is_virtual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-03-01T00:00:00Z", MARCH),
        ("2013-03-01T01:00:00+01:00", MARCH),
        ("2013-03-01T00:00:00.250Z", MARCH + 250),
    ],
)
def test_times_are_iso_8601_with_a_zone(text: str, expected: int) -> None:
    assert epoch_ms(text) == expected
    assert epoch_ms(iso(expected)) == expected


@pytest.mark.parametrize("text", ["2013-03-01T00:00:00", "yesterday", 5, None, "2013-13-01T00:00:00Z"])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(InvalidRequestError, match="2013-03-01T00:00:00Z"):
        epoch_ms(text)


def test_last_runs_are_found_again_and_a_line_that_a_kill_cut_off_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "runs"
    runs = LastRuns(path)
    runs.keep("a", LastRun("rate(1 hour)", 10))
    runs.keep("b", LastRun("rate(1 hour)", 10))
    runs.keep("a", LastRun("rate(1 hour)", 10, 3610, "went wrong"))
    runs.forget("b")
    with path.open("a") as file:
        file.write('{"arn": "a", "run": {"expr')
    again = LastRuns(path)
    assert list(again) == ["a"]
    assert again["a"] == LastRun("rate(1 hour)", 10, 3610, "went wrong")
    assert again["a"].base_s == 3610
    assert len(path.read_text().splitlines()) == 1


def test_the_file_of_last_runs_does_not_grow_without_bound(tmp_path: Path) -> None:
    runs = LastRuns(tmp_path / "runs")
    for second in range(2 * LINES + 5):
        runs.keep("a", LastRun("rate(1 minute)", 0, second))
    assert len((tmp_path / "runs").read_text().splitlines()) <= LINES
    assert LastRuns(tmp_path / "runs")["a"].fired_s == 2 * LINES + 4
