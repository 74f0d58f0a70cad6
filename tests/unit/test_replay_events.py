"""What the loop did, told from the registry's documents in the order of time."""

from dataclasses import replace
from datetime import UTC, datetime

from functions.domain.evaluation import Evaluation, VerdictName
from functions.domain.rollout import Rollout, begun
from functions.domain.training import Training
from functions.domain.windows import Window
from trimtab.replay_events import told

FIRST = begun("small", 1, 1, 1, None, "deploy", "replay", "2024-01-01T00:00:00Z", (), "deployed")


def evaluated(verdict: VerdictName, end: str) -> Evaluation:
    return Evaluation("small", ("2024-01-01T00:00:00Z", end), ("", ""), end, "1", verdict, verdict, ("why",), (), 9, 9)


def training(state: str, when: str, step: str = "gate", **more: object) -> Training:
    one = Training("small", f"run-{when}", "verdict", "evaluate", when, step=step, fit_rows=900, **more)  # type: ignore[arg-type]
    return one.ended(state, ("because",), when)  # type: ignore[arg-type]


def rollout(number: int, when: str, steps: tuple[float, ...] = ()) -> Rollout:
    return begun("small", number, number, number, number - 1, "gate", "gate", when, steps, "approved")


def test_verdicts_to_act_are_told_and_the_others_are_not() -> None:
    verdicts: list[VerdictName] = ["KEEP", "RETRAIN", "NOT_ENOUGH_EVIDENCE", "ROLL_BACK"]
    found = told([evaluated(v, f"2024-01-0{day + 2}T00:00:00Z") for day, v in enumerate(verdicts)], [], [])
    assert [event.what for event in found.events] == ["retrain", "roll_back"]


def test_a_training_counts_if_it_fitted() -> None:
    trainings = [
        training("passed", "2024-01-05T00:00:00Z", version=2, quarantined=7),
        training("refused", "2024-01-06T00:00:00Z", quarantined=4),
        training("refused", "2024-01-07T00:00:00Z", step="snapshot"),
        training("skipped", "2024-01-08T00:00:00Z", step="snapshot"),
        training("failed", "2024-01-09T00:00:00Z", step="retrain"),
    ]
    found = told([], trainings, [])
    assert (found.trainings, found.refused, found.skipped, found.quarantined) == (2, 1, 1, 4)
    assert [event.what for event in found.events] == ["passed", "quarantined", "refused", "quarantined", "failed"]
    assert "version 2" in found.events[0].about
    assert "because" in found.events[0].about


def test_the_first_deployment_is_no_rollout_of_the_loops() -> None:
    found = told([], [], [FIRST, rollout(2, "2024-01-05T00:00:00Z").ended("live", "2024-01-05T01:00:00Z", "all of it")])
    assert (found.rollouts, found.rollbacks) == (1, 0)
    assert [event.what for event in found.events] == ["live"]


def test_a_release_is_live_when_it_got_all_of_the_traffic() -> None:
    stepped = rollout(2, "2024-01-05T00:00:00Z", (0.1, 0.5)).at_step(2, "2024-01-06T00:00:00Z", "all")
    [event] = told([], [], [stepped.ended("live", "2024-01-07T00:00:00Z", "watched")]).events
    assert event.time == datetime(2024, 1, 6, tzinfo=UTC)


def test_a_canary_that_was_taken_back_was_never_live() -> None:
    stepped = rollout(2, "2024-01-05T00:00:00Z", (0.1,)).ended("rolled_back", "2024-01-06T00:00:00Z", "errors")
    found = told([], [], [stepped])
    assert [event.what for event in found.events] == ["rolled_back"]
    assert found.rollbacks == 1
    assert "errors" in found.events[0].about


def test_a_month_has_what_happened_in_it() -> None:
    verdicts = [evaluated("RETRAIN", f"2024-01-{day:02}T00:00:00Z") for day in (5, 9, 20)]
    found = told(verdicts, [training("passed", "2024-01-09T00:00:00Z")], [])
    within = found.within(Window(datetime(2024, 1, 9, tzinfo=UTC), datetime(2024, 1, 20, tzinfo=UTC)))
    assert dict(within) == {"retrain": 1, "passed": 1}


def test_events_are_in_the_order_of_time_whatever_they_are() -> None:
    later = replace(training("passed", "2024-01-03T00:00:00Z"))
    found = told([evaluated("RETRAIN", "2024-01-05T00:00:00Z")], [later], [rollout(2, "2024-01-04T00:00:00Z")])
    assert [event.what for event in found.events] == ["passed", "live", "retrain"]
