"""What is expected of calibrated scores comes true where they are calibrated."""

import numpy as np
import pytest

from functions.domain.binary_metrics import binary_metrics, binary_sums
from functions.domain.expected_performance import calibrated, expected_binary, expected_counts, expected_errors
from functions.domain.ranking import ScoreGroups, rankings
from functions.domain.reference import Calibration

AS_IT_IS = Calibration((0.0, 1.0), (0.0, 1.0))
SAMPLES, ROWS = 400, 1_000


def test_a_calibration_is_linear_between_its_points_and_constant_beyond() -> None:
    found = calibrated(np.array([0.0, 0.2, 0.3, 0.4, 1.0]), Calibration((0.2, 0.4), (0.1, 0.5)))

    assert found == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.5])


def test_realised_metrics_of_calibrated_scores_lie_in_the_intervals_of_the_expected_ones() -> None:
    """In 95 % or more: the interval allows for which rows come too, and here these are the same."""
    chance = np.random.default_rng(1)
    held: dict[str, int] = {}
    for _ in range(SAMPLES):
        scores = chance.beta(1.5, 3, ROWS)
        called = scores > 0.4
        truth = (chance.random(ROWS) < scores).astype(np.float64)
        expected = expected_binary(scores, np.ones(ROWS), called, AS_IT_IS, 0.95)
        ranked = rankings(ScoreGroups.of(scores, truth, 1 - truth))
        realised = binary_metrics(binary_sums(scores, truth, 1 - truth, called), ranked, 0.95)
        for name, metric in expected.items():
            inside = (metric.low or 0) <= (realised[name].value or 0) <= (metric.high or 0)
            held[name] = held.get(name, 0) + inside

    assert set(held) == {"log_loss", "brier_score", "roc_auc", "average_precision", "accuracy", "f1"}
    assert {name: count / SAMPLES for name, count in held.items() if count / SAMPLES < 0.93} == {}


def test_groups_count_as_their_rows() -> None:
    scores, rows, called = np.array([0.2, 0.7]), np.array([3.0, 2.0]), np.array([False, True])
    grouped = expected_binary(scores, rows, called, AS_IT_IS, 0.95)
    apart = expected_binary(np.repeat(scores, [3, 2]), np.ones(5), np.repeat(called, [3, 2]), AS_IT_IS, 0.95)

    assert {name: metric.value for name, metric in grouped.items()} == pytest.approx(
        {name: metric.value for name, metric in apart.items()}
    )


def test_calibrated_chances_of_several_classes_add_up_to_one_row_each() -> None:
    chances = np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]])
    found = expected_counts(chances, np.array([0, 1, 2]), (Calibration((0.0, 1.0), (0.2, 0.8)), AS_IT_IS))

    assert found.confusion.sum() == pytest.approx(3)
    assert found.confusion.sum(axis=0) == pytest.approx([1, 1, 1])
    assert found.confusion[0, 0] == pytest.approx(0.56 / (0.56 + 0.4))


def test_where_every_class_is_calibrated_to_never_the_scores_stand() -> None:
    never = Calibration((0.0, 1.0), (0.0, 0.0))
    found = expected_counts(np.array([[0.7, 0.3]]), np.array([0]), (never, never))

    assert found.confusion[:, 0] == pytest.approx([0.7, 0.3, 0.0])


def test_errors_are_weighted_by_the_rows_of_each_leaf() -> None:
    rows, absolute, squared, fourths = expected_errors({0: 3.0, 1: 1.0}, [1.0, 5.0], [2.0, 30.0], [1.0, 10.0])

    assert (rows, absolute, squared, fourths) == (4.0, 8.0, 36.0, 3 * (4 + 1) + 900 + 100)
