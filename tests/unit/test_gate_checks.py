"""The gate's checks, one by one: at its limit each passes, beyond it does not, and what cannot be said never passes."""

import json
from functools import partial

import pytest

from functions.domain import gate_checks
from functions.domain.correction_config import GateConfig
from functions.domain.errors import CorruptArtifactError
from functions.domain.gate_decision import Check, GateDecision
from functions.domain.paired_bootstrap import Gain

CONFIG = GateConfig()
BETTER = Gain(0.028, 0.011, 0.044, 0.512, 0.498, blocks=40)
on_rows = partial(gate_checks.gain, metric="log_loss", rows=5_012)


def test_a_gain_is_told_as_a_person_would() -> None:
    found = on_rows(BETTER, config=CONFIG)
    assert found.passed
    assert found.text == (
        "log loss 0.498 against 0.512 on 5,012 held-out rows: 2.8 % better; needed: better; "
        "at 90 % confidence it is at least 1.1 % better"
    )


def test_a_loss_is_told_so_too() -> None:
    found = on_rows(Gain(-0.028, -0.04, -0.01, 0.498, 0.512, blocks=40), config=CONFIG)
    assert not found.passed
    assert found.text == "log loss 0.512 against 0.498 on 5,012 held-out rows: 2.8 % worse; needed: better"


def test_a_gain_that_may_be_chance_is_no_gain() -> None:
    found = on_rows(Gain(0.006, -0.004, 0.02, 0.5, 0.497, blocks=40), config=CONFIG)
    assert not found.passed
    assert "0.6 % better; needed: better, and sure of it: at 90 % confidence it may be 0.4 % worse" in found.text


@pytest.mark.parametrize(("low", "passed"), [(0.02, False), (0.0201, True)])
def test_the_lower_end_must_be_above_min_gain(low: float, passed: bool) -> None:
    found = on_rows(Gain(0.05, low, 0.08, 0.5, 0.475, blocks=40), config=GateConfig(min_gain=0.02))
    assert found.passed is passed


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        (Gain(None, None, None, None, None), "Log loss is not defined on the 5,012 held-out rows"),
        (Gain(0.1, None, None, 0.5, 0.45, blocks=3), "these rows are of 3 hours, and 5 are the fewest"),
        (Gain(0.1, float("-inf"), 0.2, 0.5, 0.45, blocks=9), "too few or too much alike to say"),
    ],
)
def test_what_cannot_be_said_does_not_pass(gain: Gain, says: str) -> None:
    found = on_rows(gain, config=CONFIG)
    assert not found.passed
    assert says in found.text
    assert all(value != float("-inf") for value in found.numbers.values())


def test_a_gain_over_nothing_is_told_in_the_metrics_own_unit() -> None:
    found = gate_checks.gain(Gain(-0.02, -0.03, -0.01, 0.0, 0.02, relative=False, blocks=9), "mae", 400, CONFIG)
    assert "mean absolute error 0.02 against 0 on 400 held-out rows: 0.02 worse" in found.text


def test_a_slice_counts_only_if_it_is_credibly_worse() -> None:
    unsure = Gain(-0.3, -0.6, -0.05, 0.5, 0.65, blocks=9)
    sure = Gain(-0.3, -0.4, -0.11, 0.5, 0.65, blocks=9)
    found = gate_checks.slices({("origin", "JFK"): (120, unsure)}, "log_loss", CONFIG)
    assert found.passed
    found = gate_checks.slices({("origin", "JFK"): (120, unsure), ("origin", "EWR"): (150, sure)}, "log_loss", CONFIG)
    assert not found.passed
    assert found.text == ("log loss 0.65 against 0.5 on 150 rows with origin = EWR: 30 % worse; allowed: 10 % worse")


@pytest.mark.parametrize(("value", "passed"), [(-0.05, True), (-0.051, False), (None, False)])
def test_the_golden_set_allows_its_floor_and_no_more(value: float | None, passed: bool) -> None:
    found = gate_checks.golden(Gain(value, None, None, 0.5, 0.52), "log_loss", 60, CONFIG, alone=False)
    assert found.passed is passed


def test_the_slower_of_row_and_batch_decides() -> None:
    champion, challenger = {"one row": 20.0, "a batch": 100.0}, {"one row": 30.0, "a batch": 201.0}
    found = gate_checks.latency(champion, challenger, CONFIG)
    assert not found.passed
    assert found.text == "a batch takes 201 µs against 100: 2.01 times as long, allowed: 2 times"
    assert gate_checks.latency(champion, {**challenger, "a batch": 200.0}, CONFIG).passed


@pytest.mark.parametrize(
    "check",
    [
        gate_checks.size(100_000, 400_001, CONFIG),
        gate_checks.calibration(0.01, 0.0301, CONFIG),
        gate_checks.enough_rows(299, CONFIG),
        gate_checks.answers(1, 100),
    ],
)
def test_beyond_a_limit_is_beyond_it(check: Check) -> None:
    assert not check.passed


@pytest.mark.parametrize(
    "check",
    [
        gate_checks.size(100_000, 400_000, CONFIG),
        gate_checks.calibration(0.01, 0.03, CONFIG),
        gate_checks.enough_rows(300, CONFIG, left_out=20),
        gate_checks.answers(0, 100),
    ],
)
def test_at_a_limit_is_within_it(check: Check) -> None:
    assert check.passed


def decision(*checks: Check) -> GateDecision:
    return GateDecision("flights", "run-1", "2013-03-08T00:00:00Z", checks, None, {"candidate": "c", "artifact": None})


def test_a_decision_without_checks_is_a_refusal() -> None:
    assert decision().decision == "refused"


def test_its_reasons_are_what_speaks_against_it_or_else_all_that_it_showed() -> None:
    good, bad = Check("size", True, "small"), Check("gain", False, "worse")
    assert decision(good, bad).reasons == ("worse",)
    assert decision(good).reasons == ("small",)


def test_it_is_read_as_it_was_written_and_not_if_it_contradicts_itself() -> None:

    written = json.loads(decision(Check("size", True, "small", {"champion": 1})).to_bytes())
    assert GateDecision.from_document(written) == decision(Check("size", True, "small", {"champion": 1}))
    with pytest.raises(CorruptArtifactError, match="that its checks contradict"):
        GateDecision.from_document({**written, "decision": "refused"})
    with pytest.raises(CorruptArtifactError, match="schema version 2"):
        GateDecision.from_document({**written, "v": 2})
