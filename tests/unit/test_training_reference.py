"""The reference that a training freezes: hold-out metrics, calibration and loss tree, each checked on its own."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk

from functions.adapters.model_folder import load_settings
from functions.adapters.onnx_model import describe, onnx_answers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Feature
from functions.domain.expected_performance import calibrated
from functions.domain.loss_tree import loss_tree
from functions.domain.reference import NumberDigest, Reference
from functions.retrain.split import split, training_set
from tests.unit.conftest import FLIGHTS, Flights
from tests.unit.folders import numbers_folder, read_contract, read_reference, small_folder, trained


def test_a_reference_survives_a_round_trip(tmp_path: Path) -> None:
    data = (trained(small_folder(tmp_path)).folder / "reference.json").read_bytes()

    assert Reference.from_bytes(data).to_bytes() == data


def test_it_has_a_digest_of_each_feature_of_the_answers_and_of_the_label(tmp_path: Path) -> None:
    found = read_reference(trained(small_folder(tmp_path)).folder)

    assert [(column.name, column.kind) for column in found.columns] == [
        ("amount", "feature"),
        ("count", "feature"),
        ("colour", "feature"),
        ("prediction", "output"),
        ("score", "output"),
        ("label", "label"),
    ]
    assert [column.digest.count for column in found.columns] == [300, 300, 300, 60, 60, 300]
    assert (found.rows, found.holdout_rows, found.version, found.source) == (300, 60, "", "training")


def test_its_metrics_are_those_of_the_lineage(flights: Flights) -> None:
    found = read_reference(flights.result.folder)
    lineage = json.loads((flights.result.folder / "lineage.json").read_bytes())

    assert {name: metric.value for name, metric in found.metrics.items()} == lineage["metrics"]
    assert all(m.low < m.value < m.high for m in found.metrics.values() if m.value and m.low and m.high)
    assert found.loss == found.metrics["log_loss"].value


def test_calibration_does_not_decrease_and_expects_as_many_positives_as_there_were(flights: Flights) -> None:
    found = read_reference(flights.result.folder)
    calibration = (found.calibrations or {})["true"]
    score = found.column("score")
    assert score is not None
    assert isinstance(score.digest, NumberDigest)

    assert list(calibration.scores) == sorted(calibration.scores)
    assert list(calibration.rates) == sorted(calibration.rates)
    expected = calibrated(np.array(score.digest.quantiles), calibration).mean()
    assert expected == pytest.approx(0.25, abs=0.03)


def test_losses_by_bin_add_up_to_the_loss(flights: Flights) -> None:
    found = read_reference(flights.result.folder)
    column = found.column("score")
    assert column is not None
    assert isinstance(column.digest, NumberDigest)
    shares = np.array(column.digest.counts) / column.digest.count

    assert float(shares @ np.array(column.digest.losses)) == pytest.approx(found.loss, rel=1e-6)


def test_a_regression_has_a_loss_tree_that_parts_its_hold_out(tmp_path: Path) -> None:
    folder = numbers_folder(
        tmp_path, "regression", "LinearRegression()", "from sklearn.linear_model import LinearRegression"
    )
    found = read_reference(trained(folder).folder)
    rows = sum(leaf.rows for leaf in found.loss_tree)
    mean_error = sum(leaf.rows * leaf.absolute_error for leaf in found.loss_tree) / rows

    assert found.calibrations is None
    assert rows == found.holdout_rows == 80
    assert mean_error == pytest.approx(found.metrics["mae"].value)
    assert [column.name for column in found.columns] == ["a", "b", "c", "score", "target"]


def test_the_loss_tree_finds_where_errors_are_large() -> None:
    chance = np.random.default_rng(0)
    colours = chance.choice(["red", "green", "blue"], 2_000).astype(object)
    amount = chance.normal(size=2_000).astype(np.float32)
    amount[:200] = np.nan
    errors = chance.normal(size=2_000) * np.where(colours == "red", 5.0, np.where(amount > 0, 2.0, 0.5))
    features = (Feature("colour", "string"), Feature("amount", "float32", nullable=True))
    tensors = {"colour": colours.reshape(-1, 1), "amount": amount.reshape(-1, 1)}
    leaves = loss_tree(features, tensors, np.zeros(2_000), errors)

    worst = max(leaves, key=lambda leaf: leaf.absolute_error)
    assert ("in_colour", "not in", ["blue", "green"]) in [
        (column, operator, sorted(value) if isinstance(value, list) else value)
        for column, operator, value in worst.conditions
    ]
    assert {column for leaf in leaves for column, _, _ in leaf.conditions} == {"in_colour", "in_amount"}
    assert sum(leaf.rows for leaf in leaves) == 2_000
    assert all(leaf.rows >= 50 for leaf in leaves)


def test_hold_out_metrics_of_flights_are_scikit_learns(flights: Flights) -> None:
    settings = load_settings(FLIGHTS)
    holdout = split(training_set(flights.dataset, settings), settings).holdout
    contract = read_contract(flights.result.folder)
    model = describe((flights.result.folder / "model.onnx").read_bytes(), contract.features, "binary", contract.classes)
    answers = onnx_answers(model, client_tensors(holdout.features, holdout.columns))
    assert answers.scores is not None
    assert answers.labels is not None
    truth, scores = holdout.labels.astype(bool), answers.scores[:, 1]

    assert flights.result.metrics["log_loss"] == pytest.approx(sk.log_loss(truth, scores), rel=1e-8)
    assert flights.result.metrics["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, scores), rel=1e-8)
    assert flights.result.metrics["f1"] == pytest.approx(sk.f1_score(truth, answers.labels.astype(bool)), rel=1e-8)


def test_its_effective_dimension_is_that_of_the_numeric_features(flights: Flights) -> None:
    found = read_reference(flights.result.folder)
    settings = load_settings(FLIGHTS)
    rows = training_set(flights.dataset, settings).labelled()
    numeric = [f.name for f in settings.contract_features if f.type != "string"]
    columns = np.stack([np.asarray(rows.columns[name], np.float32).astype(float) for name in numeric], axis=1)
    filled = np.where(np.isnan(columns), np.nanmean(columns, axis=0), columns)
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(filled, rowvar=False))

    assert found.effective_dimension == pytest.approx(float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum()), rel=1e-6)
