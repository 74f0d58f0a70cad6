"""When a training is worth its while."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.domain.correction_config import TrainConfig
from functions.domain.model_config import ModelConfig
from functions.domain.retraining_policy import last_judged, too_few_labels, too_soon
from functions.domain.training import Cause, Training, TrainingState, TrainingStep
from functions.domain.windows import iso
from tests.functions.evaluate.tables import model_config

AT = datetime(2013, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def config(**train: object) -> ModelConfig:
    return replace(model_config(cool_down_s=3 * 86_400), train=TrainConfig(**train))  # type: ignore[arg-type]


def ended(state: TrainingState, ago: timedelta, cause: Cause = "verdict", step: TrainingStep = "gate") -> Training:
    when = iso(AT - ago)
    return Training("small", f"run-{when}", cause, "ann", when, step=step).ended(state, (), when)


def test_a_verdict_is_followed_where_nothing_was_tried_before() -> None:
    assert too_soon("verdict", AT, [], config()) is None


def test_after_a_refusal_a_verdict_waits_for_twice_the_cool_down() -> None:
    said = too_soon("verdict", AT, [ended("refused", 5 * DAY)], config())
    assert said is not None
    assert "the last challenger was refused" in said
    assert "2013-06-02 00:00" in said
    assert too_soon("verdict", AT, [ended("refused", 6 * DAY)], config()) is None


def test_the_pause_doubles_with_each_refusal_in_a_row() -> None:
    refused = [ended("refused", days * DAY) for days in (30, 20, 11)]
    said = too_soon("verdict", AT, refused, config())
    assert said is not None
    assert "3 challengers in a row" in said
    assert "24d" in said
    assert too_soon("verdict", AT + 13 * DAY, refused, config()) is None


def test_one_that_passed_ends_the_row_and_what_was_skipped_or_failed_is_none_of_it() -> None:
    before = [ended("refused", 9 * DAY), ended("passed", 8 * DAY)]
    assert too_soon("verdict", AT, before, config()) is None
    before = [ended("refused", 9 * DAY), ended("failed", 2 * DAY), ended("skipped", DAY)]
    assert too_soon("verdict", AT, before, config()) is None


def test_hundreds_of_refusals_are_a_pause_of_a_year_at_most() -> None:
    refused = [ended("refused", 300 * DAY)] * 500
    assert too_soon("verdict", AT, refused, config()) is not None
    assert too_soon("verdict", AT + 66 * DAY, refused, config()) is None


@pytest.mark.parametrize(("schedule", "least"), [("weekly", 6 * DAY), ("monthly", 29 * DAY)])
def test_a_schedule_waits_until_nearly_its_period_has_passed_since_any_training(
    schedule: str, least: timedelta
) -> None:
    settings = config(schedule=schedule)
    assert too_soon("schedule", AT, [ended("passed", least - DAY)], settings) is not None
    assert too_soon("schedule", AT, [ended("passed", least)], settings) is None
    assert too_soon("schedule", AT, [ended("skipped", DAY)], settings) is None


def test_a_version_that_a_person_deployed_counts_as_a_training() -> None:
    settings = config(schedule="monthly")
    said = too_soon("schedule", AT, [], settings, AT - 20 * DAY)
    assert said == "the newest version was registered on 2013-05-12 00:00 UTC, less than 29d ago"
    assert too_soon("schedule", AT, [ended("passed", 40 * DAY)], settings, AT - 20 * DAY) == said
    assert too_soon("schedule", AT, [ended("passed", 40 * DAY)], settings, AT - 29 * DAY) is None
    assert too_soon("verdict", AT, [], settings, AT - DAY) is None


def test_a_person_is_never_refused_a_run() -> None:
    refused = [ended("refused", DAY)] * 9
    assert too_soon("person", AT, refused, config(schedule="weekly")) is None
    assert too_few_labels("person", 0, config()) is None


def test_a_verdict_and_a_schedule_need_new_labels() -> None:
    assert too_few_labels("verdict", 1_000, config()) is None
    said = too_few_labels("schedule", 999, config())
    assert said is not None
    assert "999 new labelled rows" in said
    assert "1,000" in said


def test_what_was_judged_last_is_what_came_to_a_decision() -> None:
    refused = ended("refused", 9 * DAY)
    assert last_judged([refused, ended("failed", 2 * DAY), ended("skipped", DAY)]) == refused
    assert last_judged([ended("failed", DAY)]) is None


def test_a_snapshot_that_found_too_little_is_no_refused_challenger_and_has_learnt_nothing() -> None:
    early = ended("refused", DAY, step="snapshot")
    assert too_soon("verdict", AT, [early], config()) is None
    assert last_judged([early]) is None
