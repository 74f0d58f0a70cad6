"""Data sets: what dataset.py gives becomes columns as clients would send them, or an error that names the column."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.adapters.model_folder import FolderCode, parse_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.errors import ModelFolderError
from functions.retrain.dataset import Dataset, load_dataset
from functions.retrain.hold_to_contract import hold_to_contract
from functions.retrain.split import split, training_set
from tests.unit.folders import settings_document

HOURS = np.datetime64("2013-01-01T00:00") + np.arange(100) * np.timedelta64(1, "h")


class Given(FolderCode):
    """A folder whose dataset.load() gives what the test says."""

    def __init__(self, columns: Any) -> None:
        super().__init__(Path("models/small"))
        self._columns = columns

    def call(self, reference: str, *arguments: Any) -> Any:
        assert (reference, arguments) == ("dataset:load", ())
        return self._columns


def settings(feature: dict[str, Any], task: str = "binary", **tables: Any) -> ModelSettings:
    label = {"name": "y", "positive": True} if task == "binary" else {"name": "y"}
    model = {"name": "small", "task": task}
    return parse_settings(settings_document(model=model, features={"x": feature}, label=label, **tables), "model.toml")


def load(feature: dict[str, Any], values: Any, labels: Any = None, task: str = "binary", **more: Any) -> Dataset:
    labels = [True] * len(values) if labels is None else labels
    return load_dataset(Given({"x": values, "y": labels, **more}), settings(feature, task))


FLOAT = {"type": "float32", "nullable": True}
TEXT = {"type": "string", "nullable": True}
MASKED = np.ma.MaskedArray([1, 2, 3], mask=[False, True, False])


@pytest.mark.parametrize(
    ("feature", "values", "sent"),
    [
        (FLOAT, [1, None, 2.5], [1.0, None, 2.5]),
        (FLOAT, np.array([1.0, np.nan]), [1.0, None]),
        (FLOAT, MASKED, [1.0, None, 3.0]),
        ({"type": "float32", "size": 2}, [[1, 2], [3, 4]], [[1.0, 2.0], [3.0, 4.0]]),
        ({"type": "int64"}, np.array([1.0, 2.0]), [1, 2]),
        ({"type": "int64"}, [2**62, -1], [2**62, -1]),
        ({"type": "bool"}, [True, False], [True, False]),
        ({"type": "string"}, np.array(["a", "b"]), ["a", "b"]),
        (TEXT, ["a", None, float("nan")], ["a", "", ""]),
        (TEXT, np.ma.MaskedArray(["a", "b"], mask=[True, False], dtype=object), ["", "b"]),
    ],
)
def test_rows_are_what_a_client_would_send(feature: dict[str, Any], values: Any, sent: list[Any]) -> None:
    assert list(load(feature, values).rows()) == [{"x": value} for value in sent]


@pytest.mark.parametrize(
    ("feature", "values", "said"),
    [
        ({"type": "float32"}, [1.0, None], "'x' has 1 nulls, but [features.x] is not nullable"),
        ({"type": "string"}, ["a", None, None], "'x' has 2 nulls"),
        ({"type": "float32"}, [1.0, float("inf")], "'x' is no float32: it holds an infinity"),
        ({"type": "float32"}, [1e39], "'x' is no float32"),
        ({"type": "float32"}, ["many"], "'x' is no float32"),
        ({"type": "float32", "size": 3}, [[1, 2], [3, 4]], "'x' has (2,) values a row; model.toml says size = 3"),
        ({"type": "float32"}, [[1, 2], [3, 4]], "size = none"),
        ({"type": "int64"}, [1.5], "'x' is no int64"),
        ({"type": "int64"}, [1, None], "'x' is no int64: it holds nulls"),
        ({"type": "int64"}, MASKED, "'x' is no int64: it holds nulls"),
        ({"type": "int64"}, [2**63], "'x' is no int64"),
        ({"type": "bool"}, [0, 1], "'x' is no bool"),
        ({"type": "string"}, ["a", 5], "'x' is no string: it holds 5"),
    ],
)
def test_names_the_column_that_is_not_as_model_toml_says(feature: dict[str, Any], values: Any, said: str) -> None:
    with pytest.raises(ModelFolderError) as raised:
        load(feature, values)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([1, 2], "load() gave a list: return a mapping"),
        ({"x": [1.0]}, "gave no column 'y'; it gave x"),
        ({"x": [1.0], "y": [True, False]}, "unlike lengths: {'x': 1, 'y': 2}"),
        ({"x": [1.0], "y": [True], "time": ["yesterday"]}, "column 'time' is when a row happened"),
        ({"x": [1.0, 2.0], "y": [True, 2]}, "label 'y' mixes bool and int"),
        ({"x": [1.0], "y": [0.5]}, "label 'y' holds 0.5: a class is"),
    ],
)
def test_says_what_load_should_have_given(columns: Any, said: str) -> None:
    with pytest.raises(ModelFolderError) as raised:
        load_dataset(Given(columns), settings({"type": "float32"}))

    assert said in str(raised.value)


def test_a_label_that_is_not_known_is_none_and_not_learnt_from() -> None:
    data = load({"type": "float32"}, np.arange(4.0), [True, None, np.float64("nan"), False])

    assert data.labels.tolist() == [True, None, None, False]
    assert data.labelled().columns["x"].tolist() == [0.0, 3.0]


def test_classes_written_as_floats_are_whole_numbers() -> None:
    assert load({"type": "float32"}, np.arange(3.0), np.array([0.0, 1.0, np.nan])).labels.tolist() == [0, 1, None]


def test_a_regressions_unknown_label_is_nan() -> None:
    data = load({"type": "float32"}, np.arange(3.0), [1.5, None, 2.0], task="regression")

    assert data.labelled().labels.tolist() == [1.5, 2.0]


def test_rows_come_in_the_order_of_time() -> None:
    data = load({"type": "float32"}, [2.0, 0.0, 1.0], time=HOURS[[2, 0, 1]])

    assert data.columns["x"].tolist() == [0.0, 1.0, 2.0]


def test_a_window_holds_its_start_and_not_its_end() -> None:
    data = load({"type": "float32"}, np.arange(100.0), time=HOURS)
    start = datetime(2013, 1, 1, 5, tzinfo=UTC)

    assert data.between(start, start + timedelta(hours=3)).columns["x"].tolist() == [5.0, 6.0, 7.0]


def test_a_feature_called_time_leaves_the_rows_without_one() -> None:
    document = settings_document(features={"time": {"type": "float32"}}, label={"name": "y", "positive": True})
    data = load_dataset(Given({"time": [3.0, 1.0], "y": [True, False]}), parse_settings(document, "model.toml"))

    assert data.time is None
    assert data.columns["time"].tolist() == [3.0, 1.0]


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
