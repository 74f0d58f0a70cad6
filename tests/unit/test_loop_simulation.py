"""The simulated loop keeps the product's rules: nothing is learnt before it is known, no loss is accepted."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.loop_simulation import Loop, calendar
from bench.loop_stream import Stream
from functions.adapters.model_folder import load_settings
from functions.domain.model_config import ModelConfig
from tests.unit.folders import BINARY, write_folder

ROWS, FIRST, PER_DAY = 6_000, 1_000, 50
Inputs = NDArray[Any]
BEGIN = np.datetime64("2024-01-01T00:00:00", "us")


@pytest.fixture
def config(tmp_path: Path) -> ModelConfig:
    found = load_settings(write_folder(tmp_path, BINARY)).config
    return replace(found, train=replace(found.train, schedule="monthly", min_labels=700))


def stream(kept: Path, turns_at: int | None) -> Stream:
    """Two inputs; from `turns_at` on the second one counts the other way round."""
    chance = np.random.default_rng(2)
    inputs = chance.normal(size=(ROWS, 2)).astype(np.float32)
    side = np.ones(ROWS)
    side[ROWS if turns_at is None else turns_at :] = -1
    labels = (inputs[:, 0] + 2 * side * inputs[:, 1] + chance.normal(0, 0.7, ROWS) > 0).astype(np.int64)
    time = BEGIN + np.arange(ROWS) * np.timedelta64(86_400 // PER_DAY, "s")
    return Stream("made", inputs, labels, time, FIRST, timedelta(days=1), LogisticRegression, kept)


def test_a_world_that_turned_is_learnt_anew(tmp_path: Path, config: ModelConfig) -> None:
    config = replace(config, train=replace(config.train, window_s=20 * 86_400, keep_first_s=0))
    found = Loop(stream(tmp_path / "kept", 2_500), config).run()
    assert found.loop < 0.6 * found.frozen
    assert 1 <= found.retrainings - found.refused <= 5


def test_a_world_that_stays_costs_nothing(tmp_path: Path, config: ModelConfig) -> None:
    found = Loop(stream(tmp_path / "kept", None), config).run()
    assert found.loop < 1.005 * found.frozen
    assert found.rollbacks == 0
    assert found.retrainings <= 4


def test_without_verdicts_and_schedule_the_loop_is_the_frozen_model(tmp_path: Path, config: ModelConfig) -> None:
    still = replace(
        config,
        evaluate=replace(config.evaluate, tolerance=1_000.0),
        train=replace(config.train, schedule="off"),
    )
    found = Loop(stream(tmp_path / "kept", 2_500), still).run()
    assert (found.loop, found.retrainings) == (found.frozen, 0)


def test_no_challenger_has_seen_a_label_that_was_not_known(tmp_path: Path, config: ModelConfig) -> None:
    made, seen = stream(tmp_path / "kept", 2_500), list[int]()

    class Noting:
        def __init__(self) -> None:
            self._inner = LogisticRegression()

        def fit(self, inputs: Inputs, labels: Inputs) -> "Noting":
            seen.append(len(labels))
            self._inner.fit(inputs, labels)
            return self

        def predict_proba(self, inputs: Inputs) -> Any:
            return self._inner.predict_proba(inputs)

    loop = Loop(replace(made, build=Noting), config)
    loop.run()
    assert len(seen) == 1 + len(loop.trainings)
    for fitted, training in zip(seen[1:], loop.trainings, strict=True):
        known = int(np.searchsorted(made.time, np.datetime64(training.started_at[:19]) - np.timedelta64(1, "D")))
        assert fitted < known


def test_the_calendar_learns_all_that_is_known_every_so_often(tmp_path: Path, config: ModelConfig) -> None:
    made = stream(tmp_path / "kept", 2_500)
    loss, refits = calendar(made, config, timedelta(days=30))
    assert refits == 3
    assert loss < Loop(made, config).run().frozen
