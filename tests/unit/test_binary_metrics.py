"""Binary metrics from counts equal scikit-learn's from rows; their intervals hold the truth as often as they say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from functions.domain.binary_metrics import binary_metrics, binary_sums, f1_score
from functions.domain.calibration_error import reliability
from functions.domain.metric_names import TASK_METRICS
from functions.domain.ranking import (
    ScoreGroups,
    average_precision,
    average_precision_bound,
    rankings,
    roc_auc,
    roc_auc_bound,
)
from functions.domain.reference import MetricValue


def measured(scores: NDArray[np.float64], truth: NDArray[np.bool_], confidence: float = 0.95) -> dict[str, MetricValue]:
    """All metrics of rows."""
    positives = truth.astype(np.float64)
    sums = binary_sums(scores, positives, 1 - positives, scores >= 0.5)
    return dict(binary_metrics(sums, rankings(ScoreGroups.of(scores, positives, 1 - positives)), confidence))


def calibration_error_by_hand(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    bins = np.minimum(np.floor(scores * 10), 9)
    parts = [(np.sum(bins == b), scores[bins == b].mean() - truth[bins == b].mean()) for b in np.unique(bins)]
    return float(sum(count * abs(off) for count, off in parts) / len(scores))


@pytest.mark.parametrize("rows", [2, 10, 1_000, 50_000])
@pytest.mark.parametrize("digits", [1, 3, 17], ids=["many ties", "some ties", "hardly any tie"])
def test_metrics_equal_scikit_learns(rows: int, digits: int) -> None:
    chance = np.random.default_rng(rows)
    scores = np.round(chance.beta(1, 2, rows), digits)
    truth = chance.random(rows) < scores
    truth[:2] = [False, True]
    called = scores >= 0.5
    found = measured(scores, truth)
    expected = {
        "log_loss": sk.log_loss(truth, np.clip(scores, 1e-15, 1 - 1e-15)),
        "brier_score": sk.brier_score_loss(truth, scores),
        "roc_auc": sk.roc_auc_score(truth, scores),
        "average_precision": sk.average_precision_score(truth, scores),
        "accuracy": sk.accuracy_score(truth, called),
        "calibration_error": calibration_error_by_hand(scores, truth),
    }
    if called.any() or truth.any():
        expected["f1"] = sk.f1_score(truth, called, zero_division=0)

    assert set(found) == set(TASK_METRICS["binary"])
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name


def delong_by_definition(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The variance from all pairs, as the paper defines it."""
    positives, negatives = scores[truth], scores[~truth]
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    return float(wins.mean(axis=1).var(ddof=1) / len(positives) + wins.mean(axis=0).var(ddof=1) / len(negatives))


def test_the_variance_of_roc_auc_is_delongs_over_all_pairs() -> None:
    chance = np.random.default_rng(3)
    scores = chance.random(700).round(2)
    truth = chance.random(700) < scores

    found = roc_auc(ScoreGroups.of(scores, truth, ~truth))

    assert found.variance == pytest.approx(delong_by_definition(scores, truth), rel=1e-9)


def test_the_variance_of_average_precision_is_that_of_leaving_rows_out() -> None:
    chance = np.random.default_rng(4)
    scores = chance.random(1_500).round(2)
    truth = chance.random(1_500) < scores
    index = np.arange(len(scores))
    left_out = np.array([sk.average_precision_score(truth[index != i], scores[index != i]) for i in range(len(scores))])
    jackknife = (len(scores) - 1) / len(scores) * np.sum((left_out - left_out.mean()) ** 2)

    found = average_precision(ScoreGroups.of(scores, truth, ~truth))

    assert found.variance == pytest.approx(jackknife, rel=0.01)


@pytest.mark.parametrize("bins", [8, 64, 1_024])
@pytest.mark.parametrize("seed", range(5))
def test_binned_scores_rank_within_the_stated_bound(bins: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scores = chance.beta(1, 3, 3_000)
    truth = chance.random(3_000) < scores**2
    binned = ScoreGroups.of(np.floor(scores * bins), truth, ~truth)
    area, precision = sk.roc_auc_score(truth, scores), sk.average_precision_score(truth, scores)

    assert abs((roc_auc(binned).value or 0) - area) <= roc_auc_bound(binned) < 1.5 / bins
    assert abs((average_precision(binned).value or 0) - precision) <= average_precision_bound(binned)


def test_reliability_has_the_frequency_of_each_filled_bin() -> None:
    scores, positives = np.array([0.05, 0.05, 0.31, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    sums = binary_sums(scores, positives, 1 - positives, scores > 0.5)
    table = reliability(sums.rows, sums.scores, sums.positives, 0.95)

    assert [(row["low"], row["high"], row["rows"], row["rate"]) for row in table] == [
        (0.0, 0.1, 2.0, 0.5),
        (0.3, 0.4, 1.0, 1.0),
        (0.9, 1.0, 1.0, 1.0),
    ]
    assert [row["mean_score"] for row in table] == pytest.approx([0.05, 0.31, 1.0])


@pytest.mark.parametrize(
    ("scores", "truth", "missing"),
    [
        ([], [], set(TASK_METRICS["binary"])),
        ([0.2], [False], {"roc_auc", "average_precision", "f1"}),
        ([0.2, 0.9], [False, False], {"roc_auc", "average_precision"}),
        ([0.2, 0.9], [True, True], {"roc_auc"}),
        ([0.3, 0.3, 0.3], [True, False, False], set()),
        ([0.0, 1.0], [False, True], set()),
        ([0.0, 1.0], [True, False], set()),
    ],
    ids=["no rows", "one row", "only negatives", "only positives", "equal scores", "always right", "always wrong"],
)
def test_what_the_rows_do_not_allow_is_none(scores: list[float], truth: list[bool], missing: set[str]) -> None:
    found = measured(np.array(scores, dtype=np.float64), np.array(truth, dtype=bool))

    assert {name for name, metric in found.items() if metric.value is None} == missing


def test_certain_and_wrong_costs_as_much_as_the_smallest_probability_allows() -> None:
    found = measured(np.array([0.0, 1.0]), np.array([True, False]))

    assert found["log_loss"].value == pytest.approx(-math.log(1e-15))


groups = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans()), max_size=20)


@given(groups)
def test_no_counts_give_numbers_that_are_none_or_out_of_range(rows: list[tuple[float, int, int, bool]]) -> None:
    scores, positives, negatives = (np.array([row[k] for row in rows], dtype=np.float64) for k in range(3))
    sums = binary_sums(scores, positives, negatives, np.array([row[3] for row in rows], dtype=bool))
    found = binary_metrics(sums, rankings(ScoreGroups.of(scores, positives, negatives)), 0.95)

    for name, metric in found.items():
        for value in (metric.value, metric.low, metric.high):
            assert value is None or (0 <= value <= (40 if name == "log_loss" else 1 + 1e-12)), name
        if metric.low is not None:
            assert metric.value is not None
            assert metric.high is not None
            assert metric.low <= metric.value + 1e-9
            assert metric.value <= metric.high + 1e-9


def test_f1_counts_hits_against_both_kinds_of_mistakes() -> None:
    assert f1_score(30, 10, 20, 0.95).value == pytest.approx(60 / 90)
    assert f1_score(0, 0, 0, 0.95).value is None


POPULATION = 400_000
SAMPLES, SAMPLE_ROWS = 1_500, 800


def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent() -> None:
    """Samples of a model that is a little overconfident."""
    chance = np.random.default_rng(11)
    scores = chance.beta(1.5, 3, POPULATION)
    truth = chance.random(POPULATION) < 0.1 + 0.7 * scores
    whole = measured(scores, truth)
    held = dict.fromkeys(whole, 0)
    for _ in range(SAMPLES):
        drawn = chance.integers(0, POPULATION, SAMPLE_ROWS)
        for name, found in measured(scores[drawn], truth[drawn]).items():
            held[name] += (found.low or 0) <= (whole[name].value or 0) <= (found.high or 0)

    # That of the calibration error is rather too long than too short.
    most = {name: 0.99 if name == "calibration_error" else 0.97 for name in held}
    assert {name: n / SAMPLES for name, n in held.items() if not 0.93 <= n / SAMPLES <= most[name]} == {}


def test_the_calibration_error_of_a_calibrated_model_may_be_none() -> None:
    chance = np.random.default_rng(2)
    at_zero = 0
    for _ in range(300):
        scores = chance.beta(1.5, 3, 1_000)
        at_zero += measured(scores, chance.random(1_000) < scores)["calibration_error"].low == 0.0

    assert at_zero / 300 > 0.9
