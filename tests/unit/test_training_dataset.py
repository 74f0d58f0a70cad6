"""Data sets: what dataset.py gives becomes columns as clients would send them, or an error that names the column."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from functions.adapters.model_folder import parse_settings
from functions.domain.errors import ModelFolderError
from functions.retrain.dataset import load_dataset
from tests.unit.folders import settings_document
from tests.unit.given_columns import HOURS, Given, load, settings

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
