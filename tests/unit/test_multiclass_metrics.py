"""Metrics of several classes from a confusion matrix equal scikit-learn's from rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from functions.domain.metric_names import TASK_METRICS
from functions.domain.multiclass_metrics import macro_f1, multiclass_metrics

CLASSES = 4
SAMPLES, SAMPLE_ROWS = 1_500, 600


@pytest.mark.parametrize("seed", range(5))
def test_metrics_equal_scikit_learns(seed: int) -> None:
    chance = np.random.default_rng(seed)
    chances = chance.dirichlet(np.ones(CLASSES), 500)
    truth = np.array([chance.choice(CLASSES, p=row) for row in chances])
    predicted = chances.argmax(axis=1)
    loss = -np.log(chances[np.arange(500), truth])
    confusion = sk.confusion_matrix(truth, predicted, labels=range(CLASSES)).astype(np.float64)
    found = multiclass_metrics(confusion, 500, loss.sum(), (loss**2).sum(), 0.95)

    assert set(found) == set(TASK_METRICS["multiclass"])
    assert found["log_loss"].value == pytest.approx(sk.log_loss(truth, chances), abs=1e-9)
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(truth, predicted), abs=1e-9)
    assert found["f1_macro"].value == pytest.approx(sk.f1_score(truth, predicted, average="macro"), abs=1e-9)


def test_a_class_that_never_occurs_is_not_in_the_mean() -> None:
    confusion = np.array([[5.0, 1.0, 0.0], [2.0, 8.0, 0.0], [0.0, 0.0, 0.0]])

    assert macro_f1(confusion, 0.95).value == pytest.approx(macro_f1(confusion[:2, :2], 0.95).value)


@given(st.lists(st.integers(0, 10**12), min_size=9, max_size=9))
def test_any_counts_give_shares_between_0_and_1_or_none(counts: list[int]) -> None:
    confusion = np.array(counts, dtype=np.float64).reshape(3, 3)
    found = multiclass_metrics(confusion, 0, 0.0, 0.0, 0.95)

    assert found["log_loss"].value is None
    assert (found["accuracy"].value is None) == (confusion.sum() == 0)
    for name in ("accuracy", "f1_macro"):
        for value in (found[name].value, found[name].low, found[name].high):
            assert value is None or 0 <= value <= 1 + 1e-12


def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent() -> None:
    cells = np.array([[30, 5, 3], [6, 20, 4], [2, 9, 21]]) / 100
    whole = {name: metric.value for name, metric in multiclass_metrics(cells, 0, 0, 0, 0.95).items()}
    held = dict.fromkeys(("accuracy", "f1_macro"), 0)
    for drawn in np.random.default_rng(0).multinomial(SAMPLE_ROWS, cells.ravel(), SAMPLES):
        found = multiclass_metrics(drawn.reshape(3, 3).astype(np.float64), 0, 0, 0, 0.95)
        for name in held:
            held[name] += (found[name].low or 0) <= (whole[name] or 0) <= (found[name].high or 0)

    assert {name: count / SAMPLES for name, count in held.items() if not 0.93 <= count / SAMPLES <= 0.97} == {}
