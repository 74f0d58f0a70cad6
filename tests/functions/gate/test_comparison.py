"""Champion and challenger of every task on the same rows, whatever classes each of them knows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.domain.contract import Class, Contract, Feature, Output, Task
from functions.domain.correction_config import GateConfig
from functions.domain.dataset import Dataset
from functions.domain.metric_names import TASK_METRICS
from functions.domain.paired_scores import Answers
from functions.domain.prediction_shift import prediction_psi
from functions.gate.canary import losses
from functions.gate.comparison import Pair, calibration_errors, slice_gains
from functions.gate.latency import latencies
from functions.gate.scoring import CHUNK, ScoringModel, all_classes

FEATURES = (Feature("x", "float32"), Feature("place", "string"))


class Session:
    """Answers by a function of x: outputs by name."""

    def __init__(self, outputs: Any) -> None:
        self._outputs, self.asked = outputs, list[int]()

    def run(self, names: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        assert feeds["x"].dtype == np.float32
        assert feeds["x"].shape[1] == 1
        self.asked.append(len(feeds["x"]))
        found = self._outputs(feeds["x"].reshape(-1).astype(np.float64))
        return [found[name] for name in names]


def model(task: Task, outputs: Any, classes: tuple[Class, ...] | None = None, chances: bool = True) -> ScoringModel:
    with_chances = task != "regression" and chances
    listed = [Output("label", "INT64"), *([Output("chances", "FP32", (len(classes or ()),))] if with_chances else [])]
    contract = Contract(
        "small", task, "0" * 64, FEATURES, tuple(listed), "label", "chances" if with_chances else None, classes,
        True if task == "binary" else None,
    )  # fmt: skip
    return ScoringModel(contract, 1_000, Session(outputs))


def rows(labels: Sequence[Any], x: Any = None) -> Dataset:
    count = len(labels)
    values = np.empty(count, dtype=object)
    values[:] = list(labels)
    if all(isinstance(label, float) for label in labels):
        values = np.array(labels, dtype=np.float64)
    places = np.array(["north", "south"] * count, dtype=object)[:count]
    time = np.datetime64("2013-03-01", "us") + np.arange(count) * np.timedelta64(10, "m")
    return Dataset(FEATURES, {"x": np.linspace(-1, 1, count) if x is None else x, "place": places}, values, time)


def binary(shift: float = 0.0, chances: bool = True) -> ScoringModel:
    def outputs(x: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        p = 1 / (1 + np.exp(-3 * x - shift))
        return {"label": (p > 0.5).astype(np.int64), "chances": np.stack([1 - p, p], axis=1)}

    return model("binary", outputs, (False, True), chances)


def several(classes: tuple[Class, ...]) -> ScoringModel:
    """Sure of its first class where x is negative, of its last one where it is not."""

    def outputs(x: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        chances = np.full((len(x), len(classes)), 0.2 / max(len(classes) - 1, 1))
        best = np.where(x < 0, 0, len(classes) - 1)
        chances[np.arange(len(x)), best] = 0.8
        return {"label": np.array([classes[place] for place in best], dtype=object), "chances": chances}

    return model("multiclass", outputs, classes)


def line(slope: float) -> ScoringModel:
    return model("regression", lambda x: {"label": (slope * x).reshape(-1, 1).astype(np.float32)})


def test_a_class_that_only_the_challenger_knows_counts_against_the_champion() -> None:
    champion, challenger = several(("a", "b")), several(("a", "c"))
    assert all_classes((champion, challenger)) == ("a", "b", "c")
    pair = Pair.of(rows(["a"] * 50 + ["c"] * 50), champion, challenger)
    assert pair.metrics()["accuracy"] == {"champion": 0.5, "challenger": 1.0}
    assert pair.metrics()["log_loss"]["champion"] == pytest.approx((-np.log(0.8) - np.log(1e-15)) / 2)


def test_rows_of_a_class_that_neither_knows_are_left_out() -> None:
    pair = Pair.of(rows(["a"] * 50 + ["z"] * 50), several(("a", "b")), several(("a", "c")))
    assert len(pair) == 50


def test_a_regression_is_compared_by_its_values() -> None:
    labels = [float(value) for value in np.linspace(-1, 1, 200)]
    pair = Pair.of(rows(labels), line(0.5), line(1.0))
    assert pair.metrics()["mae"]["challenger"] == pytest.approx(0, abs=1e-7)
    assert pair.gain("mae", GateConfig()).value == pytest.approx(1.0, abs=1e-6)
    absolute, squared = losses(pair, "mae"), losses(pair, "rmse")
    assert squared[0] == pytest.approx(absolute[0] ** 2)
    assert calibration_errors(pair) is None


def test_without_probabilities_a_wrong_class_is_what_is_lost() -> None:
    labels = [bool(value > 0) for value in np.linspace(-1, 1, 100)]
    pair = Pair.of(rows(labels), binary(2.0), binary(chances=False))
    first, second = losses(pair, "log_loss")
    assert set(first) == {0.0, 1.0}
    assert second.sum() == 0
    assert pair.gain("log_loss", GateConfig()).value is None, "one of them has no log loss"
    assert "log_loss" not in pair.metrics()


def test_calibration_errors_are_those_of_the_reports_bins() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=4_000)
    labels = (rng.random(4_000) < 1 / (1 + np.exp(-3 * x))).tolist()
    errors = calibration_errors(Pair.of(rows(labels, x), binary(1.5), binary()))
    assert errors is not None
    assert errors[1] < 0.02 < 0.1 < errors[0]


def test_slices_are_the_values_with_enough_rows() -> None:
    labels = [bool(value > 0) for value in np.linspace(-1, 1, 400)]
    pair = Pair.of(rows(labels), binary(1.0), binary())
    found = slice_gains(pair, ("place",), "log_loss", GateConfig(min_rows=600), seed=0)
    assert {key: count for key, (count, _) in found.items()} == {("place", "north"): 200, ("place", "south"): 200}
    assert slice_gains(pair, ("place",), "log_loss", GateConfig(min_rows=700), seed=0) == {}


def test_no_rows_are_no_answers_and_the_graph_is_not_asked() -> None:
    empty = rows([]).take(slice(0, 0))
    for first, second in ((binary(), binary()), (several(("a", "b")), several(("a", "b"))), (line(1), line(2))):
        pair = Pair.of(empty, first, second)
        assert len(pair) == 0
        assert first.session.asked == []
        assert pair.metrics() == {}
        metric = TASK_METRICS[first.contract.task][-1]
        assert pair.gain(metric, GateConfig()).value is None


def test_many_rows_are_scored_a_part_at_a_time() -> None:
    count = 2 * CHUNK + 5
    champion = binary()
    answers = champion.answers(rows([True] * count).columns, (False, True))
    assert champion.session.asked == [CHUNK, CHUNK, 5]
    assert len(answers.predicted) == count


def test_both_are_timed_on_a_row_and_on_a_batch() -> None:
    first, second = latencies(binary(), binary(), rows([True] * 10).columns)
    assert first.keys() == second.keys() == {"one row", "a batch of 100 rows"}
    assert all(value > 0 for value in (*first.values(), *second.values()))


def test_a_shift_of_predictions_is_told_and_a_likeness_too() -> None:
    scores = np.random.default_rng(1).random(2_000)
    same, moved = Answers(scores > 0.5, scores), Answers(scores**3 > 0.5, scores**3)
    assert prediction_psi("binary", same, same) == pytest.approx(0, abs=1e-9)
    assert (prediction_psi("binary", same, moved) or 0) > 0.25
    values = Answers(scores)
    assert (prediction_psi("regression", values, Answers(scores + 0.5)) or 0) > 0.25
    classes = Answers(np.array([0, 1] * 500)), Answers(np.array([0, 0, 0, 1] * 250))
    assert (prediction_psi("multiclass", *classes) or 0) > 0.05
    assert prediction_psi("binary", Answers(scores[:50] > 0.5), Answers(scores[:50] > 0.5)) is None
