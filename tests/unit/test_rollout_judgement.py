"""What a rollout does next: each judge, each thing that is waited for, and that nothing passes by default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.domain.correction_config import Judge, RolloutConfig
from functions.domain.error_rates import Latency, Requests
from functions.domain.errors import CorruptArtifactError
from functions.domain.rollout import Rollout, begun
from functions.domain.rollout_judgement import Comparison, Evidence, Limits, decide
from tests.functions.roll_out.around import comparison

STARTED = datetime(2013, 3, 1, tzinfo=UTC)
LATE = STARTED + timedelta(hours=2)
ALL: tuple[Judge, ...] = ("errors", "latency", "predictions", "labels")


def limits(judges: tuple[Judge, ...] = ALL) -> Limits:
    return Limits(RolloutConfig(steps=(0.1, 0.5), min_samples=100, bake_s=3_600, judges=judges), latency_ratio=2.0)


def rollout(cause: str = "gate") -> Rollout:
    return begun("flights", 3, 8, 5, 7, cause, "ann", STARTED.isoformat(), (0.1, 0.5), "so")  # type: ignore[arg-type]


def evidence(
    rows: int = 100,
    labelled: int = 100,
    low: float | None = -0.01,
    high: float | None = 0.01,
    psi: float | None = 0.01,
    errors: int = 0,
) -> Evidence:
    compared = Comparison.from_document(comparison(rows, labelled, low, high, psi))
    return Evidence(((Requests(900, 1), Requests(100, errors)),), (), compared)


def test_a_step_that_has_all_it_needs_and_no_objection_goes_on() -> None:
    decision = decide(rollout(), evidence(), LATE, limits())
    assert decision.action == "advance"
    assert decision.reason == "100 rows; judged by errors, latency, predictions, labels: no harm"


def test_after_the_last_step_it_gets_all_of_the_traffic() -> None:
    last = rollout().at_step(1, STARTED.isoformat(), "so")
    assert decide(last, evidence(rows=200, labelled=200), LATE, limits()).action == "promote"


@pytest.mark.parametrize(
    ("known", "waits"),
    [
        (evidence(rows=99), "rows: 99 of 100"),
        (evidence(labelled=99), "labels: 99 of 100"),
        (replace(evidence(), compared=None), "the first comparison of its predictions"),
        (replace(evidence(), requests=()), "its first request to be counted"),
        (replace(evidence(), requests=((Requests(50, 0), Requests(0, 0)),)), "its first request to be counted"),
        (evidence(low=None, high=None), "labels of more hours"),
        (evidence(psi=0.26), "its predictions differ by PSI 0.26, and 0.25 is allowed"),
        (evidence(psi=None), "its predictions to be comparable"),
        (Evidence(), "the first comparison of its predictions; for its first request to be counted"),
    ],
)
def test_what_is_missing_is_waited_for_and_named(known: Evidence, waits: str) -> None:
    decision = decide(rollout(), known, LATE, limits())
    assert decision.action == "hold"
    assert waits in decision.reason


def test_two_models_that_answer_alike_need_no_interval() -> None:
    alike = Comparison.from_document(comparison(100, 100, None, None, 0.0, mean=0.0))
    assert decide(rollout(), replace(evidence(), compared=alike), LATE, limits()).action == "advance"


def test_a_step_lasts_as_long_as_it_must() -> None:
    decision = decide(rollout(), evidence(), STARTED + timedelta(minutes=59), limits())
    assert (decision.action, decision.reason) == ("hold", "waits for 2013-03-01 01:00 UTC")


def test_each_step_takes_its_own_rows() -> None:
    second = rollout().at_step(1, STARTED.isoformat(), "so")
    assert decide(second, evidence(rows=199, labelled=199), LATE, limits()).action == "hold"


def test_labels_that_show_harm_take_it_back_at_any_look() -> None:
    decision = decide(rollout(), evidence(rows=1, labelled=1, low=0.001, high=0.1), STARTED, limits())
    assert decision.action == "roll_back"
    assert "worse by the labels of 1 of its rows: its loss differs by +0.001 to +0.1" in decision.reason


def test_labels_that_show_a_gain_give_it_all_of_the_traffic_at_any_look() -> None:
    decision = decide(rollout(), evidence(low=-0.1, high=-0.001, psi=3.0), STARTED, limits())
    assert decision.action == "promote"
    assert "better by the labels" in decision.reason


def test_errors_take_it_back_though_the_labels_show_a_gain() -> None:
    decision = decide(rollout(), evidence(low=-0.1, high=-0.001, errors=30), STARTED, limits())
    assert decision.action == "roll_back"
    assert decision.reason.startswith("it fails more often: 30.0% of its requests, the champion 0.1%")


def test_a_slow_release_is_taken_back() -> None:
    slow = ((Latency(900, 20.0, 40.0), Latency(100, 60.0, 120.0)),) * 20
    decision = decide(rollout(), replace(evidence(), latencies=slow), STARTED, limits())
    assert decision.action == "roll_back"
    assert "its 95th percentile is 3 times the champion's, and 2 times is allowed" in decision.reason


@pytest.mark.parametrize(
    ("judges", "harmful"),
    [(("latency", "labels"), evidence(errors=30)), (("errors",), evidence(low=0.1, high=0.2))],
)
def test_who_is_not_asked_does_not_judge(judges: tuple[Judge, ...], harmful: Evidence) -> None:
    assert decide(rollout(), harmful, LATE, limits(judges)).action == "advance"


def test_new_code_for_one_version_is_judged_by_errors_and_latency() -> None:
    only_counts = replace(evidence(), compared=None)
    decision = decide(rollout("code"), only_counts, LATE, limits(("labels",)))
    assert (decision.action, decision.reason) == ("advance", "100 rows; judged by errors, latency: no harm")
    assert decide(rollout("code"), evidence(errors=30), LATE, limits(("labels",))).action == "roll_back"


@pytest.mark.parametrize("broken", [{}, {"v": 2}, comparison(1, 1) | {"rows": 7}, comparison(1, 1) | {"v": None}])
def test_an_answer_of_another_form_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(CorruptArtifactError, match=r"not well-formed|schema version"):
        Comparison.from_document(broken)
