"""Performance in SQL equals scikit-learn's on the same rows: overall, by version and by slice, for each task."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from functions.domain.contract import Feature
from functions.domain.reference import MetricValue, Reference
from functions.evaluate import binary_tally
from functions.evaluate.binary_tally import BinaryTallier
from functions.evaluate.grouping import MOST_VALUES, Grouping
from functions.evaluate.performance import performance
from functions.evaluate.window_rows import LABELLED
from tests.functions.evaluate.real_rows import RealRows, diabetes, digits, flights
from tests.functions.evaluate.tables import model_config, texts
from tests.functions.evaluate.windows import opened

Columns = Mapping[str, Any]


def measured(given: RealRows, columns: Columns | None = None, reference: Reference | None = None) -> dict[str, Any]:
    with opened(given.config, given.columns if columns is None else columns) as con:
        return performance(con, given.config, given.classes, reference)


def values(metrics: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {metric["name"]: metric["value"] for metric in metrics}


def binary(columns: Columns, where: NDArray[np.bool_]) -> dict[str, float]:
    """scikit-learn's metrics of labelled rows."""
    where = where & np.array([label is not None for label in columns["label"]])
    truth, scores = columns["label"][where] == "true", columns["score"][where]
    called = columns["prediction"][where] == "true"
    return {
        "log_loss": sk.log_loss(truth, scores, labels=[False, True]),
        "brier_score": sk.brier_score_loss(truth, scores),
        "roc_auc": sk.roc_auc_score(truth, scores),
        "average_precision": sk.average_precision_score(truth, scores),
        "accuracy": sk.accuracy_score(truth, called),
        "f1": sk.f1_score(truth, called, zero_division=0),
    }


def multiclass(columns: Columns, where: NDArray[np.bool_]) -> dict[str, float]:
    classes = list(columns["probabilities"])
    truth, predicted = columns["label"][where].tolist(), columns["prediction"][where].tolist()
    chances = np.stack([columns["probabilities"][name][where] for name in classes], axis=1)
    return {
        "log_loss": sk.log_loss(truth, chances, labels=classes),
        "accuracy": sk.accuracy_score(truth, predicted),
        "f1_macro": sk.f1_score(truth, predicted, average="macro", zero_division=0),
    }


def regression(columns: Columns, where: NDArray[np.bool_]) -> dict[str, float]:
    truth, predicted = columns["target"][where], columns["score"][where]
    return {
        "mae": sk.mean_absolute_error(truth, predicted),
        "rmse": sk.root_mean_squared_error(truth, predicted),
        "r2": sk.r2_score(truth, predicted),
        "bias": float(np.mean(predicted - truth)),
    }


TASKS = pytest.mark.parametrize(
    ("rows", "expected"),
    [(flights, binary), (digits, multiclass), (diabetes, regression)],
    ids=["binary", "multiclass", "regression"],
)


def assert_equal(found: Mapping[str, float | None], expected: Mapping[str, float]) -> None:
    assert set(expected) <= set(found)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


@TASKS
def test_overall_metrics_are_scikit_learns(rows: Any, expected: Any) -> None:
    given = rows()
    everything = np.ones(len(given.columns["score"]), dtype=bool)

    assert_equal(values(measured(given)["metrics"]), expected(given.columns, everything))


@TASKS
def test_each_slices_metrics_are_scikit_learns(rows: Any, expected: Any) -> None:
    given = rows()
    slices = measured(given)["slices"]

    assert {part["feature"] for part in slices} == set(given.config.evaluate.slices)
    large = [part for part in slices if part["rows"] > 50 and part["value"] not in ("AS", "OO")]
    for part in large:
        column = given.columns[f"in_{part['feature']}"]
        where = np.array([str(value) for value in column]) == part["value"]
        assert where.sum() >= part["rows"]
        assert_equal(values(part["metrics"]), expected(given.columns, where))
    assert len(large) >= 2


def test_each_versions_metrics_are_scikit_learns() -> None:
    given = flights()

    for part in measured(given)["versions"]:
        assert_equal(values(part["metrics"]), binary(given.columns, given.columns["version"] == part["version"]))


def test_flights_that_never_arrived_are_not_judged() -> None:
    given = flights()
    known = sum(label is not None for label in given.columns["label"])
    found = measured(given)

    assert found["rows"] == known < len(given.columns["label"])
    assert sum(part["rows"] for part in found["versions"]) == known
    for feature in given.config.evaluate.slices:
        assert sum(part["rows"] for part in found["slices"] if part["feature"] == feature) == known


def test_the_confusion_matrix_is_scikit_learns() -> None:
    given = digits()
    found = measured(given)["confusion"]
    expected = sk.confusion_matrix(given.columns["label"].tolist(), given.columns["prediction"].tolist())

    assert (found["classes"], found["counts"]) == (list(given.classes or ()), expected.tolist())


def test_the_reliability_table_is_of_the_labelled_rows() -> None:
    given = flights()
    known = np.array([label is not None for label in given.columns["label"]])
    scores, truth = given.columns["score"][known], given.columns["label"][known] == "true"
    table = measured(given)["reliability"]

    assert sum(row["rows"] for row in table) == known.sum()
    for row in table:
        inside = (scores >= row["low"]) & (scores < row["high"])
        assert (row["rows"], row["rate"]) == (inside.sum(), pytest.approx(truth[inside].mean(), rel=1e-9))
        assert row["mean_score"] == pytest.approx(scores[inside].mean(), rel=1e-9)
        assert row["rate_low"] < row["rate"] < row["rate_high"]


@pytest.mark.parametrize("grid", [64, 4_096, 65_536])
def test_binned_scores_are_within_the_bound_that_is_stated(grid: int) -> None:
    given = flights()
    exact = values(measured(given)["metrics"])
    rows = f"(SELECT * FROM {LABELLED} WHERE label IS NOT NULL)"
    with opened(given.config, given.columns) as con:
        [tally] = BinaryTallier(con, rows, 0, "true").on_grid(Grouping("'all'", ("all",), 0), grid).values()
    found, bounds = tally.metrics(0.95), tally.bounds()

    assert set(bounds) == {"roc_auc", "average_precision"}
    for name, metric in found.items():
        assert metric.value is not None
        assert abs(metric.value - (exact[name] or 0)) <= bounds.get(name, 1e-9), name
    assert max(bounds.values()) < 10 / grid


def test_many_rows_are_binned_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given = flights()
    monkeypatch.setattr(binary_tally, "EXACT_ROWS", 1_000)
    by_name = {metric["name"]: metric["bound"] for metric in measured(given)["metrics"]}

    assert {name for name, bound in by_name.items() if bound} == {"roc_auc", "average_precision"}


def test_labels_of_classes_that_the_model_does_not_know_are_counted_and_left_out() -> None:
    config = model_config()
    columns = {"label": texts([True, "maybe", False, None]), "prediction": texts([True] * 4), "score": [0.9] * 4}
    with opened(config, columns) as con:
        found = performance(con, config, ("false", "true"), None)

    assert (found["rows"], found["unknown_labels"]) == (2, 1)
    assert found["confusion"] == {"classes": ["not true", "true"], "counts": [[0, 1], [0, 1]]}


def test_where_nobody_names_the_classes_all_that_occur_are() -> None:
    config = model_config(task="multiclass")
    columns = {"label": texts(["a", "c", "it's"]), "prediction": texts(["a", "b", "it's"])}
    with opened(config, columns) as con:
        found = performance(con, config, None, None)

    assert found["confusion"]["classes"] == ["a", "b", "c", "it's"]
    assert values(found["metrics"])["accuracy"] == pytest.approx(2 / 3)
    assert values(found["metrics"])["log_loss"] is None


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_window_without_labels_is_reported_as_empty(task: Any) -> None:
    config = model_config([Feature("colour", "string")], task, slices=["colour"])
    with opened(config, {"score": [0.5], "prediction": texts(["true"])}) as con:
        found = performance(con, config, ("false", "true") if task != "regression" else None, None)

    assert found["rows"] == 0
    assert all(metric["value"] is None for metric in found["metrics"])
    assert found["versions"] == found["slices"] == []


def test_the_most_frequent_values_are_slices_and_the_others_are_one() -> None:
    config = model_config([Feature("town", "string", nullable=True)], slices=["town"])
    towns = [f"town {n:02}" for n in range(60) for _ in range(60 - n)] + [None] * 5
    rows = len(towns)
    chance = np.random.default_rng(0)
    scores = chance.random(rows)
    columns = {
        "in_town": np.array(towns, dtype=object),
        "score": scores,
        "prediction": texts(scores > 0.5),
        "label": texts(chance.random(rows) < scores),
    }
    with opened(config, columns) as con:
        slices = performance(con, config, ("false", "true"), None)["slices"]

    assert [(part["value"], part["rows"]) for part in slices[:2]] == [("town 00", 60), ("town 01", 59)]
    assert [part["kind"] for part in slices] == ["value"] * MOST_VALUES + ["other", "missing"]
    assert [(part["value"], part["rows"]) for part in slices[-2:]] == [("10 other values", 55), ("missing", 5)]


def test_metrics_stand_beside_those_at_training_in_the_order_of_model_toml() -> None:
    config = model_config(metrics=("roc_auc", "log_loss"))
    columns = {"label": texts([True, False]), "prediction": texts([True, True]), "score": [0.9, 0.6]}
    reference = Reference("small", "1", "training", 9, 9, (), {"roc_auc": MetricValue(0.8, 0.7, 0.9)})
    with opened(config, columns) as con:
        found = performance(con, config, ("false", "true"), reference)["metrics"]

    assert [(metric["name"], metric["better"], metric["reference"]) for metric in found] == [
        ("roc_auc", "higher", {"value": 0.8, "low": 0.7, "high": 0.9}),
        ("log_loss", "lower", None),
    ]


def test_two_runs_say_the_same_to_the_last_digit() -> None:
    given = flights()

    assert measured(given) == measured(given)
