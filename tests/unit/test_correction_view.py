"""The correction at a glance."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from trimtab.correction_status import moves
from trimtab.correction_view import glance

NOW = datetime(2013, 5, 1, 12, tzinfo=UTC)
TRAINING = {
    "actor": "evaluate", "cause": "verdict", "started_at": "2013-05-01T11:00:00Z", "state": "running",
    "step": "snapshot", "fit_rows": None, "holdout_rows": None, "quarantined": None, "version": None, "reasons": (),
    "at": "Retrain", "at_since": "2013-05-01T11:58:30Z", "alive": True,
}  # fmt: skip
ROLLOUT = {
    "release": 8, "model_version": 4, "started_at": "2013-05-01T06:00:00Z", "step_since": "2013-05-01T06:00:00Z",
    "state": "canary", "active": True, "where": "release 8 gets 10% of the traffic, step 1 of 2", "reason": "bakes",
    "evidence": {"rows": {"champion": 9000, "challenger": 1000}, "labelled": 4321,
                 "difference": {"mean": -0.012, "low": -0.02, "high": 0.001}},
}  # fmt: skip
REST: dict[str, Any] = {"training": None, "rollout": None, "barred": [], "next": {}}


def seen(**correction: Any) -> str:
    console = Console(width=160, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(glance("flights", {**REST, **correction}, NOW))
    return captured.get()


def test_before_anything_has_happened_it_says_how_to_begin() -> None:
    text = seen()
    assert "none yet" in text
    assert "trimtab retrain" in text


def test_a_training_that_runs_is_shown_with_where_it_is_and_for_how_long() -> None:
    text = seen(training={**TRAINING, "fit_rows": 40_000, "holdout_rows": 2_000, "quarantined": 17})
    assert "running" in text
    assert "by evaluate (verdict), 2013-05-01T11:00:00Z" in text
    assert "at Retrain for 90 s" in text
    assert "40,000 rows to learn from, 2,000 held out, 17 quarantined" in text


def test_one_whose_execution_is_gone_is_not_shown_as_running() -> None:
    text = seen(training={**TRAINING, "alive": False})
    assert "cut off" in text
    assert "running" not in text.replace("runs no more", "")


def test_one_that_ended_is_shown_with_its_reasons_and_not_with_too_many() -> None:
    reasons = [f"reason {number}" for number in range(7)]
    text = seen(training={**TRAINING, "state": "refused", "reasons": reasons})
    assert [reason in text for reason in reasons] == [True] * 5 + [False] * 2
    assert "and 2 more" in text


def test_a_rollout_under_way_is_shown_with_its_weight_and_evidence() -> None:
    text = seen(rollout=ROLLOUT)
    assert "release 8 gets 10% of the traffic, step 1 of 2, for 6 h" in text
    assert "9,000 rows of the champion, 1,000 rows of the challenger, 4,321 labelled" in text
    assert "-0.0120 (-0.0200 to +0.0010)" in text
    assert "bakes" in text


@pytest.mark.parametrize("evidence", [None, {}, {"difference": {"mean": None, "low": None, "high": None}}])
def test_evidence_that_is_not_there_yet_is_left_out(evidence: Any) -> None:
    assert "champion" not in seen(rollout={**ROLLOUT, "evidence": evidence})


def test_a_rollout_that_is_over_is_shown_with_its_end_alone() -> None:
    text = seen(rollout={**ROLLOUT, "state": "rolled_back", "active": False, "reason": "errors in alarm"})
    assert "rolled back" in text
    assert "errors in alarm" in text
    assert "10%" not in text


def test_barred_releases_and_what_comes_next_are_listed_the_next_first() -> None:
    text = seen(
        barred=[{"release": 8, "reason": "errors in alarm"}],
        next={"evaluate": "2013-05-02T00:15:00Z", "correct": None, "compact": "2013-05-01T13:05:00Z"},
    )
    assert "release 8" in text
    order = [text.index(part) for part in ("the log's table", "evaluation", "switched off  retraining")]
    assert order == sorted(order)


def test_only_a_training_or_an_active_rollout_moves() -> None:
    assert not moves(REST)
    assert moves({**REST, "training": TRAINING})
    assert moves({**REST, "rollout": ROLLOUT})
    assert not moves({**REST, "training": {**TRAINING, "state": "passed"}, "rollout": {**ROLLOUT, "active": False}})
