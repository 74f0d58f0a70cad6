"""The paired bootstrap: its metrics against scikit-learn's, its limits against theory, its seed."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from sklearn import metrics

from functions.domain import students_t
from functions.domain.contract import Task
from functions.domain.metric_names import METRICS, TASK_METRICS
from functions.domain.paired_bootstrap import LEAST_BLOCKS, Gain, paired_gain
from functions.domain.paired_scores import Answers, paired_score, row_losses

THEIRS: dict[str, Callable[..., float]] = {
    "log_loss": metrics.log_loss,
    "brier_score": metrics.brier_score_loss,
    "roc_auc": metrics.roc_auc_score,
    "average_precision": metrics.average_precision_score,
}
LABELS: dict[str, Callable[..., float]] = {"accuracy": metrics.accuracy_score, "f1": metrics.f1_score}
NUMBERS: dict[str, Callable[..., float]] = {
    "mae": metrics.mean_absolute_error,
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
}


@pytest.mark.parametrize("metric", [*THEIRS, *LABELS])
@given(st.integers(0, 2**32))
def test_binary_metrics_of_a_draw_are_scikit_learns(metric: str, seed: int) -> None:
    truth, champion, challenger, weights = _binary(np.random.default_rng(seed), 80)
    found = paired_score("binary", metric, truth, champion, challenger)(weights)
    for value, answers in zip(found, (champion, challenger), strict=True):
        given_answers = answers.probabilities if metric in THEIRS else answers.predicted
        expected = (THEIRS | LABELS)[metric](truth, given_answers, sample_weight=weights)
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", NUMBERS)
@given(st.integers(0, 2**32))
def test_regression_metrics_of_a_draw_are_scikit_learns(metric: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    truth, weights = chance.normal(100, 5, 60), chance.poisson(1, 60).astype(float)
    champion, challenger = (Answers(truth + chance.normal(0, 3, 60)) for _ in range(2))
    found = paired_score("regression", metric, truth, champion, challenger)(weights)
    assert found[0] == pytest.approx(NUMBERS[metric](truth, champion.predicted, sample_weight=weights))
    assert found[1] == pytest.approx(NUMBERS[metric](truth, challenger.predicted, sample_weight=weights))


@given(st.integers(0, 2**32))
def test_multiclass_metrics_of_a_draw_are_scikit_learns(seed: int) -> None:
    chance = np.random.default_rng(seed)
    truth, weights = chance.integers(0, 3, 60), chance.poisson(1, 60).astype(float)
    chances = chance.dirichlet([1, 1, 1], 60)
    answers = Answers(chances.argmax(axis=1), chances)
    drawn = weights > 0
    expected = {
        "log_loss": metrics.log_loss(truth, chances, sample_weight=weights, labels=[0, 1, 2]),
        "accuracy": metrics.accuracy_score(truth, answers.predicted, sample_weight=weights),
        "f1_macro": metrics.f1_score(
            truth[drawn], answers.predicted[drawn], average="macro", sample_weight=weights[drawn]
        ),
    }
    for metric, value in expected.items():
        found = paired_score("multiclass", metric, truth, answers, answers)(weights)
        assert found == pytest.approx((value, value), abs=1e-12)


def test_every_metric_of_every_task_can_be_judged() -> None:
    truth, champion, challenger, _ = _binary(np.random.default_rng(0), 200)
    numbers = np.arange(200) / 10.0
    given_answers: dict[Task, tuple[np.ndarray, Answers, Answers]] = {
        "binary": (truth, champion, challenger),
        "multiclass": (truth.astype(int), _two_columns(champion), _two_columns(challenger)),
        "regression": (numbers, Answers(numbers + 1), Answers(numbers + np.sin(numbers))),
    }
    for task, names in TASK_METRICS.items():
        for metric in names:
            score = paired_score(task, metric, *given_answers[task])
            found = paired_gain(score, METRICS[metric].better, 200, resamples=50)
            assert found.low is not None
            assert found.high is not None
            assert found.value is not None
            assert found.low <= found.value <= found.high


def test_the_positive_side_of_a_gain_is_better_whichever_side_of_the_metric_is() -> None:
    def fixed(_: object) -> tuple[float, float]:
        return -2.0, 1.0

    assert paired_gain(fixed, "lower", 10, resamples=1).value == -1.5
    assert paired_gain(fixed, "higher", 10, resamples=1).value == 1.5
    assert paired_gain(fixed, "zero", 10, resamples=1).value == 0.5


def test_beside_a_champion_of_zero_a_gain_is_the_difference_itself() -> None:
    found = paired_gain(lambda _: (0.0, 0.25), "higher", 10, resamples=10)
    assert found == Gain(0.25, 0.25, 0.25, 0.0, 0.25, relative=False, blocks=10)


def test_a_mean_losss_limits_are_those_of_the_central_limit_theorem() -> None:
    chance = np.random.default_rng(2)
    truth = np.zeros(4_000)
    champion = np.abs(chance.normal(1.0, 0.3, 4_000))
    challenger = champion * chance.uniform(0.9, 1.06, 4_000)
    score = paired_score("regression", "mae", truth, Answers(champion), Answers(challenger))
    found = paired_gain(score, "lower", 4_000, confidence=0.95)
    reach = 1.645 * (champion - challenger).std() / math.sqrt(4_000) / champion.mean()
    assert found.value is not None
    assert found.low == pytest.approx(found.value - reach, abs=0.1 * reach)
    assert found.high == pytest.approx(found.value + reach, abs=0.1 * reach)


def test_rows_that_share_an_hours_luck_are_not_taken_for_independent() -> None:
    chance = np.random.default_rng(4)
    hours = np.repeat(np.arange(40), 50)
    losses = 1 + np.repeat(chance.normal(0.05, 0.2, 40), 50) + chance.normal(0, 0.1, 2_000)
    score = paired_score("regression", "mae", np.zeros(2_000), Answers(losses), Answers(np.ones(2_000)))
    alone = paired_gain(score, "lower", 2_000, confidence=0.95)
    blocked = paired_gain(score, "lower", 2_000, hours * 3_600, confidence=0.95)
    assert alone.low is not None
    assert blocked.low is not None
    assert alone.value is not None
    assert (alone.value - blocked.low) > 4 * (alone.value - alone.low)


def test_the_lower_limit_is_below_no_gain_as_often_as_it_says_even_with_ten_hours() -> None:
    chance = np.random.default_rng(5)
    hours = np.repeat(np.arange(10), 5)
    wrong = 0
    for _ in range(300):
        losses = 5 + np.repeat(chance.normal(0, 1, 10), 5)
        score = paired_score("regression", "mae", np.zeros(50), Answers(losses), Answers(np.full(50, 5.0)))
        low = paired_gain(score, "lower", 50, hours, resamples=300, confidence=0.9).low
        wrong += low is not None and low > 0
    assert wrong <= 30 + 2 * math.sqrt(300 * 0.09)


def test_the_same_seed_gives_the_same_gain_and_another_one_another() -> None:
    truth, champion, challenger, _ = _binary(np.random.default_rng(6), 300)
    score = paired_score("binary", "log_loss", truth, champion, challenger)
    first, again, other = (paired_gain(score, "lower", 300, resamples=200, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.low != other.low


def test_draws_are_the_same_on_every_machine() -> None:
    found = paired_gain(
        paired_score("regression", "mae", np.zeros(100), Answers(np.arange(100.0)), Answers(np.arange(100.0) ** 0.9)),
        "lower",
        100,
        resamples=100,
        seed=11,
    )
    assert (found.low, found.high) == (0.307561177, 0.364113977)


def test_few_hours_have_no_limits() -> None:
    hours = np.repeat(np.arange(LEAST_BLOCKS - 1), 100)
    found = paired_gain(lambda _: (1.0, 0.9), "lower", len(hours), hours)
    assert (found.value, found.low, found.high, found.blocks) == (0.1, None, None, LEAST_BLOCKS - 1)


def test_a_metric_that_is_not_defined_has_no_gain() -> None:
    answers = Answers(np.zeros(20, bool), np.full(20, 0.1))
    score = paired_score("binary", "roc_auc", np.zeros(20, bool), answers, answers)
    assert paired_gain(score, "higher", 20) == Gain(None, None, None, None, None, blocks=20)
    assert paired_gain(score, "higher", 0).blocks == 0


def test_draws_without_a_class_count_against_the_challenger() -> None:
    truth = np.arange(20) == 0  # one positive row: more than a third of the draws are without it
    champion, challenger = Answers(truth, np.linspace(0, 1, 20)), Answers(truth, np.linspace(1, 0, 20))
    found = paired_gain(paired_score("binary", "roc_auc", truth, champion, challenger), "higher", 20, confidence=0.9)
    assert found.value == pytest.approx(1.0)
    assert found.low is None


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"confidence": 0.4}, "confidence 0.4"),
        ({"resamples": 0}, "0 resamples"),
        ({"blocks": np.arange(3)}, "3 blocks' numbers for 10 rows"),
    ],
)
def test_refuses_what_is_no_bootstrap(keywords: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        paired_gain(lambda _: (1.0, 1.0), "lower", 10, **keywords)  # type: ignore[arg-type]


def test_names_the_metrics_that_a_task_has() -> None:
    answers = Answers(np.zeros(2))
    with pytest.raises(ValueError, match="a regression model has no metric f1: it has mae"):
        paired_score("regression", "f1", np.zeros(2), answers, answers)
    with pytest.raises(ValueError, match="gives none"):
        paired_score("binary", "log_loss", np.zeros(2), answers, answers)


def test_row_losses_are_those_that_the_metric_is_the_mean_of() -> None:
    truth, champion, _, _ = _binary(np.random.default_rng(8), 50)
    score = paired_score("binary", "log_loss", truth, champion, champion)
    assert row_losses("binary", truth, champion).mean() == pytest.approx(score(np.ones(50))[0])
    assert row_losses("regression", np.array([1.0, 2.0]), Answers(np.array([0.0, 4.0]))).tolist() == [1.0, 2.0]


@given(st.floats(0.001, 0.9999), st.integers(1, 2_000))
def test_students_quantile_is_scipys(probability: float, freedom: int) -> None:
    assert students_t.quantile(probability, freedom) == pytest.approx(
        scipy_stats.t.ppf(probability, freedom), rel=1e-8, abs=1e-8
    )


@given(st.floats(0.001, 40), st.sampled_from((1, -1)), st.integers(1, 500))
def test_students_distribution_is_scipys(t: float, sign: int, freedom: int) -> None:
    assert students_t.share_below(sign * t, freedom) == pytest.approx(scipy_stats.t.cdf(sign * t, freedom), abs=1e-12)


@given(st.floats(-0.001, 0.001), st.integers(1, 500))
def test_next_to_zero_students_distribution_is_its_series(t: float, freedom: int) -> None:
    """scipy's loses half of its digits there: at t = 1e-9 and one degree of freedom it is 0.5 flat."""
    series = 0.5 + float(scipy_stats.t.pdf(0, freedom)) * (t - t**3 * (freedom + 1) / freedom / 6)
    assert students_t.share_below(t, freedom) == pytest.approx(series, abs=1e-12)


def _binary(chance: np.random.Generator, rows: int) -> tuple[np.ndarray, Answers, Answers, np.ndarray]:
    """Truth, both models' answers (with ties), and the weights of a draw that has both classes."""
    truth = chance.random(rows) < 0.4
    truth[:2] = [True, False]
    weights = chance.poisson(1, rows).astype(float)
    weights[:2] = 1
    scores = [np.round(np.clip(0.4 + 0.2 * truth + chance.normal(0, 0.2, rows), 0.05, 0.95), 2) for _ in range(2)]
    champion, challenger = (Answers(score > 0.5, score) for score in scores)
    return truth, champion, challenger, weights


def _two_columns(answers: Answers) -> Answers:
    chances = answers.probabilities
    assert chances is not None
    return Answers(answers.predicted.astype(int), np.stack([1 - chances, chances], axis=1))
