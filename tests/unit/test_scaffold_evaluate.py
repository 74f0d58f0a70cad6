"""`trimtab new` writes how the model is judged: a window that holds enough rows, and slices of few values."""

from pathlib import Path

import pytest

from tests.unit.csv_folders import ROWS, YES_NO, cycle, made
from trimtab.history import file_history


def test_without_times_it_is_judged_by_the_week_each_day(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"a": list(range(1, 2 * ROWS, 2)), "y": YES_NO})
    assert (settings.evaluate.window, settings.evaluate.schedule) == ("7d", "1d")
    assert settings.label.matures_after == "1d"


@pytest.mark.parametrize(
    ("minutes_apart", "window", "schedule"), [(1, "7d", "1d"), (60, "28d", "1d"), (24 * 60, "364d", "7d")]
)
def test_the_window_is_as_many_weeks_as_hold_enough_rows(
    tmp_path: Path, minutes_apart: int, window: str, schedule: str
) -> None:
    times = [1_700_000_000 + 60 * minutes_apart * row for row in range(ROWS)]
    settings, _ = made(tmp_path, {"a": cycle(1.5, 2.5, 4.5), "time": times, "y": YES_NO})
    assert (settings.evaluate.window, settings.evaluate.schedule) == (window, schedule)


@pytest.mark.parametrize(("minutes_apart", "labels"), [(1, 1_700), (60, 2_100), (24 * 60, 1_100)])
def test_it_is_retrained_monthly_once_there_are_new_labels_of_28_days_and_three_windows(
    tmp_path: Path, minutes_apart: int, labels: int
) -> None:
    times = [1_700_000_000 + 60 * minutes_apart * row for row in range(ROWS)]
    settings, _ = made(tmp_path, {"a": cycle(1.5, 2.5, 4.5), "time": times, "y": YES_NO})
    assert (settings.train.schedule, settings.train.min_labels) == ("monthly", labels)


def test_without_times_a_thousand_new_labels_make_a_retraining(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"a": list(range(1, 2 * ROWS, 2)), "y": YES_NO})
    assert (settings.train.schedule, settings.train.min_labels) == ("monthly", 1_000)


def test_a_challenger_that_passed_gets_all_of_the_traffic_at_once(tmp_path: Path) -> None:
    settings, _ = made(tmp_path, {"a": list(range(1, 2 * ROWS, 2)), "y": YES_NO})
    assert (settings.rollout.steps, settings.rollout.watch, settings.gate.confidence) == ((), "1d", 0.9)


def test_slices_are_the_texts_of_few_values(tmp_path: Path) -> None:
    settings, _ = made(
        tmp_path,
        {
            "carrier": cycle("UA", "B6", "AA"),
            "dest": [f"airport {row % 30}" for row in range(ROWS)],
            "origin": cycle("EWR", "JFK"),
            "stops": cycle(0, 1),
            "y": YES_NO,
        },
    )
    assert settings.evaluate.slices == ("origin", "carrier")


def test_the_folder_can_be_replayed_on_the_file_that_it_was_made_from(tmp_path: Path) -> None:
    times = [f"2024-01-01 {row // 60:02}:{row % 60:02}:00" for row in range(ROWS)]
    settings, _ = made(tmp_path, {"a": cycle(1.5, 2.5, 4.5), "sold": times, "y": YES_NO})
    history = file_history(tmp_path / "given.csv", settings, None, 0.1, None)
    assert len(history.replayed) == ROWS - ROWS // 10
