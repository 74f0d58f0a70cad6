"""What would have been answered without the loop: on exactly its rows, and from nothing that was not known by then."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.unit.lived_rows import DELAY_MS, Lived, days, lived, with_train
from trimtab.judged_rows import metric_of
from trimtab.replay_baselines import calendar, compare, first_model, frozen

EVERY_TEN_DAYS = timedelta(days=10)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return lived(tmp_path_factory.mktemp("lived"))


def test_the_judged_rows_are_those_with_an_answer_and_a_label_in_the_order_of_time(world: Lived) -> None:
    labels = world.past.replayed.labels
    expected = [row for row, one in enumerate(world.ids) if one is not None and labels[row] is not None]
    assert world.rows.place.tolist() == expected
    assert world.rows.truth.tolist() == [labels[row] for row in expected]
    assert np.all(np.diff(world.rows.asked_ms) > 0)


def test_the_loops_metric_is_scikit_learns(world: Lived) -> None:
    found = metric_of(world.settings.config, world.rows, world.rows.loop, slice(10, 200))
    score = world.rows.loop.probabilities
    assert score is not None
    assert found == pytest.approx(log_loss(world.rows.truth[10:200], score[10:200]), abs=1e-12)


def test_the_frozen_model_is_the_artifact_whoever_asks_it(world: Lived) -> None:
    answers = frozen(world.settings, first_model(world.artifact), world.past, world.rows)
    assert answers.probabilities is not None
    assert len(answers.probabilities) == len(world.rows)
    assert np.array_equal(answers.predicted, answers.probabilities > 0.5)
    assert log_loss(world.rows.truth[:50], answers.probabilities[:50]) < 0.4  # before the world changed


def test_nothing_is_learnt_whose_label_was_not_known_by_then(world: Lived) -> None:
    past, train = world.past, world.settings.config.train
    now = days(40)
    rows = past.known_by(now, train)
    assert rows.time is not None
    newest = rows.time[-1].astype("datetime64[ms]").astype(np.int64)
    assert newest <= now - DELAY_MS < newest + 2 * 5_760_000  # rows come every 96 minutes
    assert None not in rows.labels.tolist()
    turned_away = [row for row in range(7, len(world.ids), 50) if past.known_ms[row] <= now]
    assert past.replayed.labels[turned_away[0]] is not None
    in_log = len(rows) - len(past.first.labelled())
    labelled = [label is not None for label in past.replayed.labels.tolist()]
    assert in_log == sum(
        known and answered and at <= now
        for known, answered, at in zip(labelled, past.answered.tolist(), past.known_ms.tolist(), strict=True)
    )


def test_the_window_and_the_first_training_set_are_as_model_toml_says(world: Lived) -> None:
    first = len(world.past.first.labelled())
    whole = world.past.known_by(days(40), world.settings.config.train)
    recent = world.past.known_by(days(40), with_train(world, window="10d", keep_first="never").config.train)
    both = world.past.known_by(days(40), with_train(world, window="10d").config.train)
    for_a_while = with_train(world, keep_first="15d").config.train
    assert recent.time is not None
    assert recent.time[0].astype("datetime64[ms]").astype(np.int64) >= days(30)
    assert len(both) == first + len(recent)
    assert len(world.past.known_by(days(34), for_a_while)) - first == len(
        world.past.known_by(days(34), with_train(world, keep_first="never").config.train)
    )
    assert len(world.past.known_by(days(40), for_a_while)) == len(whole) - first


def test_the_calendar_answers_as_the_first_model_until_its_first_refit_and_then_learns(world: Lived) -> None:
    first = first_model(world.artifact)
    said: list[str] = []
    found = calendar(world.folder, world.settings, first, world.past, world.rows, EVERY_TEN_DAYS, said.append)
    never = frozen(world.settings, first, world.past, world.rows).probabilities
    assert found.answers.probabilities is not None
    assert never is not None
    before = int(np.searchsorted(world.rows.asked_ms, found.refits_ms[0]))
    assert [round((one - days(20)) / 86_400_000) for one in found.refits_ms] == [10, 20, 30]
    assert np.array_equal(found.answers.probabilities[:before], never[:before])
    last = slice(int(np.searchsorted(world.rows.asked_ms, found.refits_ms[1])), None)
    assert log_loss(world.rows.truth[last], found.answers.probabilities[last]) < 0.7 * log_loss(
        world.rows.truth[last], never[last]
    )
    assert said == []


def test_a_refit_that_fails_is_told_and_the_model_before_it_goes_on(world: Lived, tmp_path: Path) -> None:
    broken = tmp_path / "small"
    broken.mkdir()
    (broken / "estimator.py").write_text("def build():\n    return 'no estimator'\n")
    first = first_model(world.artifact)
    said: list[str] = []
    found = calendar(broken, world.settings, first, world.past, world.rows, EVERY_TEN_DAYS, said.append)
    assert found.refits_ms == ()
    assert len(said) == 3
    assert "unfitted scikit-learn estimator" in said[0]
    assert found.answers.probabilities is not None
    assert len(found.answers.probabilities) == len(world.rows)


def test_without_a_calendar_there_is_no_such_line(world: Lived) -> None:
    compared = compare(world.folder, world.settings, world.artifact, world.past, world.rows, None, print)
    assert compared is not None
    assert list(compared.lines) == ["frozen", "loop"]
    document = compared.to_document()
    assert (document["calendar"], document["gain_over_calendar"], compared.calendar_retrainings) == (None, None, None)
    assert document["gain_over_frozen"] == pytest.approx(1 - document["loop"] / document["frozen"])


def test_without_a_label_there_is_nothing_to_compare(world: Lived) -> None:
    rows = world.rows
    none = type(rows)(rows.place[:0], rows.asked_ms[:0], rows.truth[:0], rows.loop)
    assert compare(world.folder, world.settings, world.artifact, world.past, none, None, print) is None
