"""Versions side by side: of one model and of several, hosted and external; who wins, and when nobody can say."""

from pathlib import Path
from typing import Any

import pytest

from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.manage.comparison import Comparison, asked_for
from tests.functions.gate.worlds import EXECUTION, by_hand
from tests.functions.manage.worlds import EXTERNAL, MODEL, VALUES, ManagedWorld, report_of
from trimtab.compare_console import print_comparison, print_windows

WORSE = {"value": 0.7, "low": 0.66, "high": 0.74}


def compared(world: ManagedWorld, **asked: list[str]) -> dict[str, Any]:
    return Comparison(*world.args).document(asked or {MODEL: []})


def pair(found: dict[str, Any], first: str, second: str) -> dict[str, Any]:
    """That of two versions, each written MODEL:VERSION."""
    names = [":".join((one["model"], one["version"])) for one in found["versions"]]
    assert {first, second} <= set(names)
    sides = ("first", "second")
    return next(
        one for one in found["pairs"] if [f"{one[s]['model']}:{one[s]['version']}" for s in sides] == [first, second]
    )


def test_a_version_of_the_loop_stands_beside_the_one_by_hand(world: ManagedWorld) -> None:
    first, second = compared(world)["versions"]
    assert (first["version"], first["live"], first["gate"]) == ("1", False, None)
    assert (second["version"], second["live"], second["state"]) == ("2", True, "approved")
    assert (second["gate"]["decision"], second["gate"]["execution"], second["gate"]["champion"]) == (
        "passed",
        EXECUTION,
        1,
    )
    assert second["fit"]["rows"] > first["fit"]["rows"]
    log_loss = second["metrics"]["log_loss"]
    assert log_loss["low"] < log_loss["value"] < log_loss["high"]
    assert [one["release"] for one in first["releases"]] == [2]


def test_the_gate_and_the_canary_say_who_wins_since_both_scored_the_same_rows(world: ManagedWorld) -> None:
    found = pair(compared(world), f"{MODEL}:1", f"{MODEL}:2")
    assert (found["answer"], found["winner"]) == ("second", f"{MODEL}:2")
    gate, canary = found["evidence"]
    assert (gate["kind"], gate["winner"], gate["numbers"]["rows"]) == (
        "gate",
        "second",
        world.check("gain")["numbers"]["rows"],
    )
    assert {part["winner"] for part in gate["numbers"]["slices"]} == {"second"}
    assert (canary["kind"], canary["winner"], canary["numbers"]["labelled"]) == ("canary", "second", 480)


def test_who_is_named_first_changes_sides_and_nothing_else(world: ManagedWorld) -> None:
    found = pair(compared(world, small=["2", "1"]), f"{MODEL}:2", f"{MODEL}:1")
    assert (found["answer"], found["winner"]) == ("first", f"{MODEL}:2")
    assert [one["winner"] for one in found["evidence"]] == ["first", "first"]


def test_windows_in_which_one_looks_worse_do_not_overrule_the_same_rows(world: ManagedWorld) -> None:
    world.evaluate(1, versions={"1": VALUES, "2": WORSE})
    found = pair(compared(world), f"{MODEL}:1", f"{MODEL}:2")
    assert found["winner"] == f"{MODEL}:2"
    windows = found["evidence"][-1]
    assert (windows["kind"], windows["winner"], windows["numbers"]["second"]) == ("windows", "first", WORSE)
    assert "each on the rows that it answered itself" in windows["text"]


def test_different_hold_outs_alone_have_no_winner(world: ManagedWorld) -> None:
    world.add(by_hand(red=1.0)[1])  # a third version, of other rows, that met nobody
    found = pair(compared(world), f"{MODEL}:1", f"{MODEL}:3")
    assert (found["answer"], found["winner"], found["evidence"]) == ("no_evidence", None, [])


def test_a_hosted_model_stands_beside_one_that_is_hosted_elsewhere(world: ManagedWorld) -> None:
    world.add_external()
    world.report(world.evaluate(1), report_of("2"))
    world.report(world.evaluate(1, "2024-02", EXTERNAL, versions={"2024-02": WORSE}), report_of("2024-02"))
    found = compared(world, small=["2"], tides=[])
    ours, theirs = found["versions"]
    assert (theirs["version"], theirs["hosted"], theirs["state"], theirs["metrics"]) == ("2024-02", False, None, {})
    assert theirs["in_service"]["judged"] == WORSE
    judged = pair(found, f"{MODEL}:2", f"{EXTERNAL}:2024-02")
    assert (judged["answer"], judged["winner"]) == ("first", f"{MODEL}:2")
    [window] = found["windows"]
    assert {(one["model"], one["rows"]) for one in window["versions"]} == {(MODEL, 400), (EXTERNAL, 400)}
    assert all(len(one["metrics"]) > 1 for one in window["versions"])
    assert {part["model"] for part in found["slices"]} == {MODEL, EXTERNAL}
    assert ours["hosted"]


def test_intervals_of_the_same_window_that_overlap_are_not_distinguishable(world: ManagedWorld) -> None:
    world.add_external()
    world.evaluate(1)
    world.evaluate(1, "2024-02", EXTERNAL)
    found = pair(compared(world, small=["2"], tides=["2024-02"]), f"{MODEL}:2", f"{EXTERNAL}:2024-02")
    assert (found["answer"], found["winner"]) == ("not_distinguishable", None)


def test_windows_of_different_times_are_no_evidence(world: ManagedWorld) -> None:
    world.add_external()
    world.evaluate(1)
    world.evaluate(2, "2024-02", EXTERNAL, versions={"2024-02": WORSE})
    found = pair(compared(world, small=["2"], tides=["2024-02"]), f"{MODEL}:2", f"{EXTERNAL}:2024-02")
    assert found["answer"] == "no_evidence"


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"task": "regression"}, "different tasks: small is a binary model, tides a regression model"),
        ({"label": "flooded"}, "different labels: small predicts truth, tides flooded"),
        ({"positive": False}, "different positive classes: True of small, False of tides"),
    ],
)
def test_models_of_different_tasks_or_labels_are_not_comparable_and_it_says_why(
    changes: dict[str, Any], obstacle: str, world: ManagedWorld
) -> None:
    world.add_external(**changes)
    world.evaluate(1)
    world.evaluate(1, "2024-02", EXTERNAL, versions={"2024-02": WORSE})
    found = pair(compared(world, small=["2"], tides=["2024-02"]), f"{MODEL}:2", f"{EXTERNAL}:2024-02")
    assert (found["answer"], found["evidence"]) == ("not_comparable", [])
    assert obstacle in found["obstacles"]


def test_the_same_hold_out_may_decide_since_its_rows_are_the_same(world: ManagedWorld, tmp_path: Path) -> None:
    """Two versions of the same snapshot, of which one learnt next to nothing."""
    world.add(world.poor_artifact(tmp_path / "poor"))
    found = pair(compared(world, small=["2", "3"]), f"{MODEL}:2", f"{MODEL}:3")
    [evidence] = found["evidence"]
    assert (evidence["kind"], found["winner"]) == ("holdout", f"{MODEL}:2")
    assert evidence["numbers"]["first"]["high"] < evidence["numbers"]["second"]["low"]


def test_what_evaluations_found_of_a_version_is_its_record_in_service(world: ManagedWorld) -> None:
    world.evaluate(1)
    world.evaluate(2, versions={})
    found = compared(world)["versions"][1]["in_service"]
    assert (found["windows"], found["from"], found["to"]) == (2, "2013-03-06T00:00:00Z", "2013-03-14T00:00:00Z")
    assert found["judged"] == VALUES


def test_challengers_that_became_no_version_are_told_with_their_reasons(world: ManagedWorld) -> None:
    [refused] = compared(world)["refused"]
    assert (refused["execution"], refused["step"], refused["model"]) == ("run-2", "gate", MODEL)
    assert any("worse; needed: better" in reason for reason in refused["reasons"])


def test_a_version_that_is_not_there_is_named(world: ManagedWorld) -> None:
    with pytest.raises(NotFoundError, match="small has no version 7: it has 1, 2"):
        compared(world, small=["1", "7"])


def test_a_model_without_versions_says_what_to_do(world: ManagedWorld) -> None:
    with pytest.raises(NotFoundError, match="has no version 1: deploy it first"):
        compared(world, other=[])
    world.add_external()
    with pytest.raises(NotFoundError, match="no evaluation has found one yet"):
        compared(world, tides=[])


def test_more_versions_than_fit_side_by_side_are_refused(world: ManagedWorld) -> None:
    with pytest.raises(InvalidRequestError, match="0 versions to compare: name 1 to 20"):
        Comparison(*world.args).document({})


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("flights:3,5", {"flights": ["3", "5"]}),
        ("flights: 3 , 5; tides:2024-02;", {"flights": ["3", "5"], "tides": ["2024-02"]}),
        ("flights", {"flights": []}),
        ("", {}),
    ],
)
def test_what_to_compare_is_models_with_their_versions(text: str, asked: dict[str, list[str]]) -> None:
    assert asked_for(text) == asked


@pytest.mark.parametrize("text", ["flights:", ":3", "flights:1;flights:2"])
def test_what_cannot_be_asked_for_says_how_to_write_it(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"flights:3,5|name its versions together"):
        asked_for(text)


def test_a_terminal_shows_who_wins_and_why(world: ManagedWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.add_external(task="regression")
    world.report(world.evaluate(1), report_of("2"))
    world.evaluate(1, "2024-02", EXTERNAL)
    found = compared(world, small=[], tides=[])
    print_comparison(found)
    print_windows(found)
    said = capsys.readouterr()
    assert "passed" in said.out
    assert "small:1 and small:2: small:2 is better" in said.err
    assert "small:1 and tides:2024-02: not comparable" in said.err
    assert "different tasks" in said.err
    assert "log_loss by labelled window" in said.out
    assert "refused 2013-03-11T00:00:00Z" in said.err
