"""Estimates without labels equal scikit-learn's metrics of rows that are weighted by their calibrated scores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from functions.domain.contract import Feature
from functions.domain.errors import CorruptArtifactError
from functions.domain.expected_performance import calibrated
from functions.domain.reference import LossLeaf, Reference
from functions.evaluate import estimate_binary, estimate_multiclass
from functions.evaluate.estimate import estimate, estimate_beside_truth
from functions.evaluate.loss_leaves import leaf_number
from functions.evaluate.performance import performance
from functions.evaluate.window_rows import LABELLED, WINDOW
from tests.functions.evaluate.real_rows import RealRows, diabetes, digits, flights
from tests.functions.evaluate.tables import model_config
from tests.functions.evaluate.windows import opened

ALL = (flights, digits, diabetes)


def values(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {entry["name"]: entry["value"] for entry in entries}


def estimated(given: RealRows) -> dict[str, Any]:
    with opened(given.config, given.columns) as con:
        found = estimate(con, WINDOW, given.config, given.reference)
    assert found is not None
    return found


def expected_of_flights(scores: NDArray[np.float64], called: NDArray[np.bool_]) -> dict[str, float]:
    """Each row twice: as a positive that weighs its calibrated score, and as a negative that weighs the rest."""
    rate = calibrated(scores, (flights().reference.calibrations or {})["true"])
    truth = np.repeat([True, False], len(scores))
    twice, said, weight = np.tile(scores, 2), np.tile(called, 2), np.concatenate([rate, 1 - rate])
    return {
        "log_loss": sk.log_loss(truth, twice, sample_weight=weight),
        "brier_score": sk.brier_score_loss(truth, twice, sample_weight=weight),
        "roc_auc": sk.roc_auc_score(truth, twice, sample_weight=weight),
        "average_precision": sk.average_precision_score(truth, twice, sample_weight=weight),
        "accuracy": sk.accuracy_score(truth, said, sample_weight=weight),
        "f1": sk.f1_score(truth, said, sample_weight=weight),
    }


@pytest.mark.parametrize(("exact", "tolerance"), [(100_000, 1e-9), (1_000, 1e-5)], ids=["exact", "binned"])
def test_cbpe_is_the_expectation_over_calibrated_scores(
    monkeypatch: pytest.MonkeyPatch, exact: int, tolerance: float
) -> None:
    monkeypatch.setattr(estimate_binary, "EXACT_ROWS", exact)
    given = flights()
    found = estimated(given)

    assert (found["method"], found["rows"]) == ("CBPE", len(given.columns["score"]))
    expected = expected_of_flights(given.columns["score"], given.columns["prediction"] == "true")
    assert values(found["metrics"]) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("at_once", [4_000_000, 2_000], ids=["at once", "in parts"])
def test_cbpe_of_several_classes_is_the_expectation_over_calibrated_probabilities(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(estimate_multiclass, "NUMBERS_AT_ONCE", at_once)
    given = digits()
    names, calibrations = list(given.classes or ()), given.reference.calibrations or {}
    chances = np.stack([given.columns["probabilities"][name] for name in names], axis=1)
    rates = np.stack([calibrated(chances[:, k], calibrations[name]) for k, name in enumerate(names)], axis=1)
    rates /= rates.sum(axis=1, keepdims=True)
    rows = len(chances)
    truth, said = np.repeat(names, rows), np.tile(given.columns["prediction"].astype(str), len(names))
    weight, all_chances = rates.T.reshape(-1), np.tile(chances, (len(names), 1))
    hours = np.arange(rows) * np.timedelta64(3_600_000 // 2, "ms")
    given = replace(given, columns={**given.columns, "time": np.datetime64("2013-03-01", "ms") + hours})

    assert values(estimated(given)["metrics"]) == pytest.approx(
        {
            "log_loss": sk.log_loss(truth, all_chances, sample_weight=weight, labels=names),
            "accuracy": sk.accuracy_score(truth, said, sample_weight=weight),
            "f1_macro": sk.f1_score(truth, said, sample_weight=weight, average="macro"),
        },
        abs=1e-9,
    )


def holds(row: Mapping[str, Any], leaf: LossLeaf) -> bool:
    return all(
        row[column] <= threshold if operator.startswith("<=") else row[column] > threshold
        for column, operator, threshold in leaf.conditions
    )


def test_dle_is_the_mean_of_the_leaves_that_rows_fall_into() -> None:
    given = diabetes()
    names = [name for name in given.columns if name != "target"]
    rows = [
        {name: float(np.float32(given.columns[name][place])) for name in names}
        for place in range(len(given.columns["score"]))
    ]
    leaves = [next(leaf for leaf in given.reference.loss_tree if holds(row, leaf)) for row in rows]
    found = estimated(given)

    assert len(given.reference.loss_tree) > 1
    assert found["method"] == "DLE"
    assert values(found["metrics"]) == pytest.approx(
        {
            "mae": np.mean([leaf.absolute_error for leaf in leaves]),
            "rmse": np.sqrt(np.mean([leaf.squared_error for leaf in leaves])),
        }
    )


@pytest.mark.parametrize("rows", ALL)
def test_beside_the_truth_both_are_of_the_same_rows(rows: Any) -> None:
    given = rows()
    with opened(given.config, given.columns) as con:
        found = estimate_beside_truth(con, LABELLED, given.config, given.reference)
        realised = performance(con, given.config, given.classes, None)
    assert found is not None

    assert found["rows"] == realised["rows"]
    for entry in found["realised"]:
        assert entry["value"] == pytest.approx(values(realised["metrics"])[entry["name"]], rel=1e-9), entry
    differences = {name: value - values(found["realised"])[name] for name, value in values(found["metrics"]).items()}
    assert values(found["error"]) == pytest.approx(differences, abs=1e-9)


@pytest.mark.parametrize("rows", ALL)
def test_intervals_lie_around_the_estimates(rows: Any) -> None:
    for metric in estimated(rows())["metrics"]:
        assert metric["low"] < metric["value"] < metric["high"], metric


@pytest.mark.parametrize("rows", ALL)
def test_a_reference_that_knows_nothing_gives_no_estimate(rows: Any) -> None:
    given = rows()
    with opened(given.config, given.columns) as con:
        assert estimate(con, WINDOW, given.config, Reference.unknown("small")) is None
        assert estimate_beside_truth(con, LABELLED, given.config, Reference.unknown("small")) is None


@pytest.mark.parametrize("rows", ALL)
def test_an_empty_window_has_an_estimate_of_nothing(rows: Any) -> None:
    given = rows()
    empty = {name: column[:0] for name, column in given.columns.items() if name != "probabilities"}
    with opened(given.config, empty) as con:
        found = estimate(con, WINDOW, given.config, given.reference)
    assert found is not None

    assert found["rows"] == 0
    assert {metric["value"] for metric in found["metrics"]} == {None}


def test_a_row_falls_into_one_leaf_whatever_is_missing() -> None:
    number, text = ("in_amount", "in_colour")
    leaves = [
        LossLeaf(((number, "<=?", 1.5),), 50, 1.0, 1.0),
        LossLeaf(((number, ">", 1.5), (text, "in", ["red", "it's"])), 50, 2.0, 4.0),
        LossLeaf(((number, ">", 1.5), (text, "not in", ["red", "it's"])), 50, 3.0, 9.0),
    ]
    features = [Feature("amount", "float32", nullable=True), Feature("colour", "string", nullable=True)]
    config = model_config(features, "regression")
    columns = {number: [1.5, np.nan, 2.0, 2.0, 2.0, 2.0], text: ["red", "red", "it's", "red", None, "blue"]}
    with opened(config, {**columns, "score": np.arange(6.0)}) as con:
        found = con.execute(f"SELECT {leaf_number(leaves)} FROM {WINDOW} ORDER BY score").fetchall()

    assert [row[0] for row in found] == [0, 0, 1, 1, 2, 2]


def test_a_condition_that_nobody_knows_is_refused() -> None:
    with pytest.raises(CorruptArtifactError, match="compares with 'like'"):
        leaf_number([LossLeaf((("score", "like", 1.0),), 50, 1.0, 1.0)])
