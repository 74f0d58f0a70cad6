"""Who of two versions is better: by a paired difference, by two intervals, and when nobody can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.metric_names import Better
from functions.domain.who_wins import Evidence, Interval, Kind, Side, answer, by_difference, by_overlap


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high)


def found(kind: Kind, winner: Side | None) -> Evidence:
    return Evidence(kind, winner, "measured")


@pytest.mark.parametrize(
    ("low", "high", "winner"),
    [(0.1, 0.3, "second"), (-0.3, -0.1, "first"), (-0.1, 0.1, None), (0.0, 0.2, None), (None, None, None)],
)
def test_a_paired_difference_has_a_winner_where_its_whole_interval_lies_on_one_side_of_zero(
    low: float | None, high: float | None, winner: Side | None
) -> None:
    assert by_difference(low, high, "second") == winner


@pytest.mark.parametrize(
    ("first", "second", "better", "winner"),
    [
        ((0.1, 0.2), (0.3, 0.4), "lower", "first"),
        ((0.1, 0.2), (0.3, 0.4), "higher", "second"),
        ((0.1, 0.3), (0.3, 0.4), "lower", None),
        ((-0.5, -0.4), (0.1, 0.2), "zero", "second"),
        ((-0.2, 0.1), (0.3, 0.4), "zero", "first"),
        ((-0.2, -0.1), (0.1, 0.2), "zero", None),
    ],
)
def test_two_intervals_have_a_winner_only_where_they_do_not_overlap(
    first: tuple[float, float], second: tuple[float, float], better: Better, winner: Side | None
) -> None:
    assert by_overlap(interval(*first), interval(*second), better) == winner


def test_a_value_without_an_interval_wins_over_nothing() -> None:
    assert by_overlap(Interval(0.1, None, None), interval(0.5, 0.6), "lower") is None


_INTERVALS = st.tuples(st.floats(-5, 5), st.floats(0, 3)).map(lambda pair: interval(pair[0], pair[0] + pair[1]))
_OTHER = {"first": "second", "second": "first", None: None}


@given(_INTERVALS, _INTERVALS, st.sampled_from(["lower", "higher", "zero"]))
def test_who_wins_does_not_depend_on_who_is_named_first(first: Interval, second: Interval, better: Better) -> None:
    assert by_overlap(first, second, better) == _OTHER[by_overlap(second, first, better)]


def test_paired_evidence_decides_whatever_unpaired_windows_look_like() -> None:
    assert answer([found("gate", "second"), found("windows", "first")]) == "second"
    assert answer([found("canary", None), found("windows", "first")]) == "not_distinguishable"


def test_paired_comparisons_that_contradict_each_other_tell_nobody_apart() -> None:
    assert answer([found("gate", "second"), found("canary", "first")]) == "not_distinguishable"


def test_a_gate_that_saw_no_difference_does_not_speak_against_a_canary_that_did() -> None:
    assert answer([found("gate", None), found("canary", "second")]) == "second"


def test_without_paired_evidence_windows_decide_and_without_any_nobody_does() -> None:
    assert answer([found("windows", "first")]) == "first"
    assert answer([]) == "no_evidence"
