"""A regression's metrics from sums of powers equal scikit-learn's from rows."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from functions.domain.metric_names import TASK_METRICS
from functions.domain.regression_metrics import error_sums, regression_metrics

SAMPLES, SAMPLE_ROWS = 1_500, 600


@pytest.mark.parametrize("offset", [0.0, 1e6], ids=["about zero", "far from zero"])
@pytest.mark.parametrize("rows", [2, 50, 5_000])
def test_metrics_equal_scikit_learns(rows: int, offset: float) -> None:
    chance = np.random.default_rng(rows)
    truth = chance.normal(0, 3, rows) + offset
    predicted = truth + chance.standard_t(5, rows) + 0.2
    found = regression_metrics(error_sums(truth, predicted), 0.95)

    assert set(found) == set(TASK_METRICS["regression"])
    assert found["mae"].value == pytest.approx(sk.mean_absolute_error(truth, predicted), rel=1e-9)
    assert found["rmse"].value == pytest.approx(sk.root_mean_squared_error(truth, predicted), rel=1e-9)
    assert found["r2"].value == pytest.approx(sk.r2_score(truth, predicted), rel=1e-9)
    assert found["bias"].value == pytest.approx(float(np.mean(predicted - truth)), abs=1e-9)


def test_sums_of_parts_add_up_when_they_count_from_the_same_centre() -> None:
    truth, predicted = np.array([1.0, -1.0, 3.0, -3.0]), np.array([0.5, -1.5, 3.0, -2.0])
    parts = error_sums(truth[:2], predicted[:2]) + error_sums(truth[2:], predicted[2:])

    assert dataclasses.astuple(parts) == pytest.approx(dataclasses.astuple(error_sums(truth, predicted)))


@pytest.mark.parametrize(
    ("truth", "predicted", "missing"),
    [
        ([1.0], [2.0], {"r2"}),
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], {"r2"}),
        ([1.0, 2.0], [1.0, 2.0], set()),
    ],
    ids=["one row", "constant truth", "always right"],
)
def test_what_the_rows_do_not_allow_is_none(truth: list[float], predicted: list[float], missing: set[str]) -> None:
    found = regression_metrics(error_sums(np.array(truth), np.array(predicted)), 0.95)

    assert {name for name, metric in found.items() if metric.value is None} == missing


@given(st.lists(st.tuples(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30)), min_size=1, max_size=20))
def test_any_numbers_give_intervals_around_their_values_or_none(rows: list[tuple[float, float]]) -> None:
    truth, predicted = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    for name, metric in regression_metrics(error_sums(truth, predicted), 0.95).items():
        if metric.low is not None:
            assert metric.value is not None
            assert metric.high is not None
            slack = 1e-9 * max(1.0, abs(metric.value))
            assert metric.low <= metric.value + slack, name
            assert metric.value <= metric.high + slack, name


def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent() -> None:
    chance = np.random.default_rng(5)
    truth = chance.gamma(4, 1, 400_000)
    predicted = truth * 0.9 + chance.normal(0, 1, len(truth)) * (0.5 + truth / 8)
    whole = regression_metrics(error_sums(truth, predicted), 0.95)
    held = dict.fromkeys(whole, 0)
    for _ in range(SAMPLES):
        drawn = chance.integers(0, len(truth), SAMPLE_ROWS)
        for name, found in regression_metrics(error_sums(truth[drawn], predicted[drawn]), 0.95).items():
            held[name] += (found.low or 0) <= (whole[name].value or 0) <= (found.high or 0)

    assert {name: count / SAMPLES for name, count in held.items() if not 0.93 <= count / SAMPLES <= 0.97} == {}
