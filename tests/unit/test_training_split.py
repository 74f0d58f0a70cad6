"""Which rows are learnt from and which are held out, and the rows that the contract would not let in."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from functions.domain.errors import ModelFolderError
from functions.retrain.hold_to_contract import hold_to_contract
from functions.retrain.split import split, training_set
from tests.unit.given_columns import HOURS, load, settings


def alternating(rows: int) -> list[bool]:
    return [row % 2 == 0 for row in range(rows)]


def test_the_newest_rows_are_held_out() -> None:
    data = load({"type": "float32"}, np.arange(100.0), alternating(100), time=HOURS)
    parts = split(data, settings({"type": "float32"}))

    assert parts.fit.columns["x"].tolist() == list(np.arange(80.0))
    assert parts.holdout.columns["x"].tolist() == list(np.arange(80.0, 100.0))


def test_rows_of_one_moment_are_not_parted() -> None:
    data = load({"type": "float32"}, np.arange(100.0), alternating(100), time=HOURS[np.arange(100) // 30])
    parts = split(data, settings({"type": "float32"}))

    assert len(parts.fit) == 60
    assert parts.fit.time is not None
    assert parts.holdout.time is not None
    assert parts.fit.time[-1] < parts.holdout.time[0]


def test_without_time_the_holdout_is_seeded_and_has_each_class_in_proportion() -> None:
    data = load({"type": "float32"}, np.arange(100.0), [row < 20 for row in range(100)])
    first, again = (split(data, settings({"type": "float32"})) for _ in range(2))
    other = split(data, settings({"type": "float32"}, train={"estimator": "a:b", "seed": 1}))

    assert first.holdout.columns["x"].tolist() == again.holdout.columns["x"].tolist()
    assert first.holdout.columns["x"].tolist() != other.holdout.columns["x"].tolist()
    assert sum(first.holdout.labels.tolist()) == 4
    assert set(first.holdout.columns["x"]).isdisjoint(first.fit.columns["x"])


def test_only_rows_before_until_are_learnt_from() -> None:
    data = load({"type": "float32"}, np.arange(100.0), alternating(100), time=HOURS)
    until = settings({"type": "float32"}, train={"estimator": "a:b", "until": datetime(2013, 1, 3, tzinfo=UTC)})

    assert training_set(data, until).columns["x"].tolist() == list(np.arange(48.0))


@pytest.mark.parametrize(
    ("rows", "labels", "time", "said"),
    [
        (10, alternating(10), HOURS[:10], "10 labelled rows before 2013-01-03T00:00:00Z: 20 are the fewest"),
        (60, alternating(60), None, "until is given, but dataset.py gives no column `time`"),
    ],
)
def test_says_why_there_is_no_training_set(rows: int, labels: list[bool], time: Any, said: str) -> None:
    data = load({"type": "float32"}, np.arange(float(rows)), labels, **({} if time is None else {"time": time}))
    until = settings({"type": "float32"}, train={"estimator": "a:b", "until": datetime(2013, 1, 3, tzinfo=UTC)})

    with pytest.raises(ModelFolderError) as raised:
        training_set(data, until)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("labels", "time", "said"),
    [
        ([True] * 100, None, "label 'y' has one class in the rows to learn from (True)"),
        ([row == 0 for row in range(100)], None, "class 'True' of label 'y' has one row"),
        ([row >= 80 for row in range(100)], HOURS, "label 'y' has one class in the rows to learn from (False)"),
        (alternating(100), HOURS[:1].repeat(100), "all rows have the same `time`"),
    ],
)
def test_says_why_the_rows_cannot_be_parted(labels: list[bool], time: Any, said: str) -> None:
    data = load({"type": "float32"}, np.arange(100.0), labels, **({} if time is None else {"time": time}))

    with pytest.raises(ModelFolderError) as raised:
        split(data, settings({"type": "float32"}))

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("feature", "values", "said"),
    [
        (
            {"type": "float32", "max": 98},
            np.arange(100.0),
            "1 of 100 training rows break [features.x] max, such as 99.0",
        ),
        ({"type": "int64", "min": 2}, np.arange(100), "2 of 100 training rows break [features.x] min, such as 0"),
        (
            {"type": "string", "categories": ["a"], "nullable": True},
            ["a", "b", None, "a"] * 25,
            "25 of 100 training rows break [features.x] categories, such as 'b'",
        ),
    ],
)
def test_a_model_is_not_trained_on_rows_that_it_would_reject(feature: dict[str, Any], values: Any, said: str) -> None:
    data, reports = load(feature, values), list[str]()

    with pytest.raises(ModelFolderError) as raised:
        hold_to_contract(data, settings(feature), reports.append)
    flagging = settings(feature, guard={"out_of_range": "flag", "unknown_category": "flag"})
    hold_to_contract(data, flagging, reports.append)

    assert said in str(raised.value)
    assert [said in report for report in reports] == [True]


def test_a_limit_that_float32_cannot_hold_does_not_reject_its_own_value() -> None:
    feature = {"type": "float32", "min": 0.1, "max": 0.3}

    hold_to_contract(load(feature, [0.1, 0.3] * 10), settings(feature), pytest.fail)
