"""Frozen, calendar and loop over time: the same rows in each window, gaps where rows are few, gains with a sign."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from functions.adapters.model_folder import load_settings
from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import Answers
from functions.domain.windows import Window
from tests.unit.folders import BINARY, write_folder
from trimtab.judged_rows import JudgedRows
from trimtab.replay_comparison import FEWEST_ROWS, Comparison

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> ModelConfig:
    return load_settings(write_folder(tmp_path, BINARY)).config


def at(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def compared(config: ModelConfig, days: list[float], by_line: dict[str, float]) -> Comparison:
    """Rows at days, all of them late; each line gives that the same probability everywhere."""
    asked = np.array([round(at(day).timestamp() * 1_000) for day in days], dtype=np.int64)
    lines = {name: Answers(np.full(len(days), p > 0.5), np.full(len(days), p)) for name, p in by_line.items()}
    rows = JudgedRows(np.arange(len(days)), asked, np.ones(len(days), dtype=bool), lines["loop"])
    return Comparison(config, rows, lines, 3)


def test_the_document_has_each_line_and_what_the_loop_gained_over_it(config: ModelConfig) -> None:
    found = compared(config, [1, 2, 3], {"frozen": 0.5, "calendar": 0.9, "loop": 0.8}).to_document()
    assert found["frozen"] == pytest.approx(-np.log(0.5))
    assert found["loop"] == pytest.approx(-np.log(0.8))
    assert found["gain_over_frozen"] == pytest.approx(1 - np.log(0.8) / np.log(0.5))
    assert found["gain_over_calendar"] < 0


def test_a_higher_metric_that_is_better_counts_as_a_gain(config: ModelConfig) -> None:
    by_accuracy = replace(config, evaluate=replace(config.evaluate, metrics=("accuracy",)))
    found = compared(by_accuracy, [1, 2], {"frozen": 0.4, "loop": 0.8}).to_document()
    assert (found["frozen"], found["loop"], found["calendar"]) == (0.0, 1.0, None)
    assert found["gain_over_frozen"] > 0


def test_a_span_holds_its_own_rows_alone(config: ModelConfig) -> None:
    comparison = compared(config, [1, 2, 3], {"frozen": 0.5, "loop": 0.8})
    assert comparison.within(Window(at(5), at(9))) == {"frozen": None, "loop": None}
    assert comparison.within(Window(at(1), at(2)))["loop"] == pytest.approx(-np.log(0.8))


def test_points_are_an_evaluations_window_long_and_gaps_where_rows_are_few(config: ModelConfig) -> None:
    busy = np.linspace(0, 10, 500).tolist()
    late = np.linspace(30, 40, 500).tolist()
    points = compared(config, busy + late, {"frozen": 0.5, "loop": 0.8}).points()
    assert [point.end for point in points[:2]] == [at(7), at(8)]
    assert points[-1].end >= at(40)
    assert points[0].rows == pytest.approx(350, abs=2)
    gaps = [point for point in points if point.values["loop"] is None]
    assert gaps
    assert all(point.rows < FEWEST_ROWS for point in gaps)
    assert all(at(16) < point.end < at(32) for point in gaps)


def test_no_rows_are_no_points(config: ModelConfig) -> None:
    assert compared(config, [], {"loop": 0.8}).points() == []


def test_years_have_no_more_points_than_a_screen_can_show(config: ModelConfig) -> None:
    assert len(compared(config, np.linspace(0, 4_000, 900).tolist(), {"loop": 0.8}).points()) < 600
