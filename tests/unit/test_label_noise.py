"""What is set aside before training: planted attacks are found with their reason, honest senders are left alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.domain.confident_learning import MOST, confident_learning
from functions.domain.label_floods import LEAST_REPEATS, floods
from functions.domain.label_noise import LabelledRows, Tainted, tainted_labels
from functions.domain.residual_noise import residual_noise
from functions.domain.sender_calibration import calibrated_without
from functions.domain.sender_drift import sender_drift
from functions.domain.sender_noise import SenderNoise, sender_noise
from functions.domain.sender_share import above_share

ROWS, SENDERS = 12_000, 10
CHANCE = np.random.default_rng


def test_a_sender_that_flips_labels_is_found_and_nobody_else() -> None:
    rows = _logged(1)
    assert rows.given is not None
    flipped = (rows.senders == 3) & (CHANCE(2).random(ROWS) < 0.4)
    found = tainted_labels(replace(rows, given=np.where(flipped, 1 - rows.given, rows.given)), 0.5, 0)
    assert [(finding.reason, finding.sender) for finding in found] == [("sender_labels", "s3")]
    assert flipped[found[0].rows].sum() > 0.5 * flipped.sum()
    assert (~flipped[found[0].rows]).sum() < 0.02 * ROWS
    assert "of the sender's" in found[0].detail


@pytest.mark.parametrize("to", [0, 1])
def test_a_sender_that_gives_one_label_only_is_found(to: int) -> None:
    rows = _logged(3)
    assert rows.given is not None
    lies = (rows.senders == 5) & (rows.given != to)
    found = _noise(replace(rows, given=np.where(rows.senders == 5, to, rows.given)))
    assert [sender.sender for sender in found if sender.out_of_line] == [5]
    assert found[5].flips[1 - to] > 0.8
    assert found[5].rate == pytest.approx(lies[rows.senders == 5].mean(), abs=0.05)


def test_a_sender_whose_labels_are_all_false_loses_them_all() -> None:
    rows = _logged(4)
    assert rows.given is not None
    found = tainted_labels(replace(rows, given=np.where(rows.senders == 0, 1 - rows.given, rows.given)), 0.5, 0)
    assert [finding.rows.tolist() for finding in found] == [np.flatnonzero(rows.senders == 0).tolist()]


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5])
def test_a_senders_rate_lies_between_its_limits(rate: float) -> None:
    rows = _logged(5)
    assert rows.given is not None
    flipped = (rows.senders == 7) & (CHANCE(6).random(ROWS) < rate)
    sender = _noise(replace(rows, given=np.where(flipped, 1 - rows.given, rows.given)))[7]
    assert sender.low <= flipped[rows.senders == 7].mean() <= sender.high


@pytest.mark.parametrize("seed", range(4))
def test_honest_senders_lose_nothing(seed: int) -> None:
    assert tainted_labels(_logged(10 + seed), 0.5, 0) == []


def test_a_concept_that_changed_for_all_accuses_nobody() -> None:
    rows = _logged(20)
    assert rows.given is not None
    turned = np.where(CHANCE(21).random(ROWS) < 0.3, 1 - rows.given, rows.given)
    assert not any(sender.out_of_line for sender in _noise(replace(rows, given=turned)))


def test_a_sender_that_was_there_in_a_stormy_week_only_is_not_accused_of_its_weather() -> None:
    rows = _logged(22)
    assert rows.given is not None
    assert rows.chances is not None
    days = np.arange(ROWS) * 100 // ROWS
    storm = (days >= 40) & (days < 50)
    odds = 4 * rows.chances[:, 1] / rows.chances[:, 0]
    late = np.where(storm, (CHANCE(23).random(ROWS) < odds / (1 + odds)).astype(np.int64), rows.given)
    senders = np.where(storm & (CHANCE(24).random(ROWS) < 0.5), 10, rows.senders)
    without = sender_noise(rows.chances, late, senders)
    with_days = sender_noise(rows.chances, late, senders, days)
    assert {10} <= {sender.sender for sender in without.senders if sender.out_of_line}
    assert not any(sender.out_of_line for sender in with_days.senders)


def test_one_sender_alone_and_senders_with_few_labels_are_not_judged() -> None:
    rows = _logged(30)
    assert rows.given is not None
    assert rows.chances is not None
    assert sender_noise(rows.chances, rows.given, np.zeros(ROWS, np.int64)).senders == ()
    few = np.where(np.arange(ROWS) < 50, 11, rows.senders)
    assert 11 not in {sender.sender for sender in sender_noise(rows.chances, rows.given, few).senders}


def test_flips_between_three_classes_are_found() -> None:
    chance = CHANCE(31)
    chances = chance.dirichlet([1.0, 1.0, 0.5], 9_000)
    given_classes = (chances.cumsum(axis=1) < chance.random((9_000, 1))).sum(axis=1).clip(0, 2)
    senders = chance.integers(0, 6, 9_000)
    flipped = (senders == 2) & (chance.random(9_000) < 0.5)
    given_classes = np.where(flipped, (given_classes + chance.integers(1, 3, 9_000)) % 3, given_classes)
    found = sender_noise(chances, given_classes, senders)
    assert [sender.sender for sender in found.senders if sender.out_of_line] == [2]
    assert found.senders[2].rate == pytest.approx(0.5, abs=0.08)


def test_expectations_of_a_senders_rows_do_not_depend_on_its_own_labels() -> None:
    rows = _logged(32)
    assert rows.given is not None
    assert rows.chances is not None
    trusted = np.ones(ROWS, bool)
    turned = np.where(rows.senders == 1, 1 - rows.given, rows.given)
    theirs = rows.senders == 1
    first, second = (
        calibrated_without(rows.chances, labels, rows.senders, None, trusted) for labels in (rows.given, turned)
    )
    assert first.sum(axis=1) == pytest.approx(np.ones(ROWS))
    assert (first[theirs] == second[theirs]).all()
    assert np.abs(first[~theirs] - second[~theirs]).max() > 0.01


def test_a_strong_model_prunes_false_labels_that_come_from_everywhere() -> None:
    chance = CHANCE(40)
    late = np.where(chance.random(ROWS) < 0.3, 0.998, 0.002)
    truth = (chance.random(ROWS) < late).astype(np.int64)
    flipped = chance.random(ROWS) < 0.01
    cells = confident_learning(np.stack([1 - late, late], axis=1), np.where(flipped, 1 - truth, truth))
    pruned = np.concatenate([cell.rows for cell in cells])
    assert len(pruned) > 50
    assert (~flipped[pruned]).sum() < MOST * ROWS


@given(st.integers(0, 1_000))
@settings(max_examples=20)
def test_a_weak_calibrated_model_prunes_nothing_of_clean_labels(seed: int) -> None:
    rows = _logged(seed)
    assert rows.chances is not None
    assert rows.given is not None
    assert confident_learning(rows.chances, rows.given) == []


@given(st.integers(0, 1_000), st.floats(0.0, 0.4))
@settings(max_examples=20)
def test_no_more_than_a_small_share_is_ever_pruned(seed: int, rate: float) -> None:
    rows = _logged(seed)
    assert rows.chances is not None
    assert rows.given is not None
    flipped = CHANCE(seed).random(ROWS) < rate
    cells = confident_learning(rows.chances, np.where(flipped, 1 - rows.given, rows.given))
    assert sum(len(cell.rows) for cell in cells) <= MOST * ROWS


def test_a_flood_of_one_row_is_cut_to_what_the_others_make_plausible() -> None:
    digests, senders = np.arange(5_000), np.arange(5_000) % 5
    digests[(senders == 2) & (np.arange(5_000) >= 2_500)] = -1
    (flood,) = floods(digests, senders)
    assert (flood.sender, flood.repeats) == (2, 500)
    assert len(flood.rows) == 500 - flood.plausible
    assert flood.plausible < LEAST_REPEATS
    assert flood.rows.tolist() == np.flatnonzero(digests == -1)[flood.plausible :].tolist()


@pytest.mark.parametrize("senders", [1, 4])
def test_rows_that_everybody_repeats_are_no_flood(senders: int) -> None:
    chance = CHANCE(50)
    assert floods(chance.integers(0, 8, 4_000), chance.integers(0, senders, 4_000)) == []


def test_a_sender_alone_that_repeats_one_row_among_thousands_floods() -> None:
    digests = np.concatenate([np.arange(2_000), np.full(300, 5)])
    (flood,) = floods(digests, np.zeros(2_300, np.int64))
    assert (flood.repeats, len(flood.rows)) == (301, 301 - flood.plausible)


def test_a_sender_that_sends_other_rows_than_all_others_is_found_with_its_column() -> None:
    rows = _logged(60)
    distance = rows.columns["distance"].astype(float)
    moved = np.where(rows.senders == 4, distance + 3, distance)
    (found,) = tainted_labels(replace(rows, columns={**rows.columns, "distance": moved}), 0.5, 0)
    assert (found.reason, found.sender) == ("sender_drift", "s4")
    assert found.detail.startswith("distance is distributed unlike")
    assert found.rows.tolist() == np.flatnonzero(rows.senders == 4).tolist()


def test_where_each_sender_has_rows_of_its_own_kind_none_is_out_of_line() -> None:
    rows = _logged(61)
    places = rows.columns["distance"].astype(float) + 5 * rows.senders
    assert sender_drift({"distance": places}, rows.senders) == []
    assert sender_drift({"text": np.array(["a", "b"])[rows.senders % 2]}, rows.senders) == []


def test_missing_numbers_of_one_sender_only_are_drift() -> None:
    rows = _logged(62)
    values = np.where(rows.senders == 1, np.nan, rows.columns["distance"].astype(float))
    assert [found.sender for found in sender_drift({"distance": values}, rows.senders)] == [1]
    assert sender_drift({"distance": np.full(ROWS, np.nan)}, rows.senders) == []


def test_a_regressions_sender_with_labels_far_off_loses_those() -> None:
    chance = CHANCE(70)
    residuals = chance.standard_t(4, 5_000)
    senders = chance.integers(0, 5, 5_000)
    wrong = (senders == 1) & (chance.random(5_000) < 0.2)
    residuals[wrong] += 40
    (found,) = residual_noise(residuals, senders)
    assert found.sender == 1
    assert wrong[found.rows].mean() > 0.9
    assert set(np.flatnonzero(wrong)) <= set(found.rows)
    residuals[senders == 1] += 40
    assert residual_noise(residuals, senders)[0].rows.tolist() == np.flatnonzero(senders == 1).tolist()


def test_honest_senders_of_a_regression_lose_nothing() -> None:
    chance = CHANCE(71)
    assert residual_noise(chance.standard_t(3, 5_000), chance.integers(0, 5, 5_000)) == []
    assert residual_noise(chance.standard_t(3, 5_000), np.zeros(5_000, np.int64)) == []


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.floats(0.05, 1.0), st.integers(0, 99))
def test_no_sender_is_left_with_more_than_its_share(sizes: list[int], share: float, seed: int) -> None:
    senders = np.repeat(np.arange(len(sizes)), sizes)
    aside = above_share(senders, share, seed)
    left = np.bincount(np.delete(senders, aside), minlength=len(sizes))
    assert (left > 0).all()
    if len(sizes) == 1:
        assert len(aside) == 0
    else:
        allowed = max(share, 1 / len(sizes)) * left.sum()
        assert left.max() <= max(allowed, 1) + 1e-6
    assert aside.tolist() == above_share(senders, share, seed).tolist()


def test_a_share_that_nobody_exceeds_sets_nothing_aside() -> None:
    assert len(above_share(np.arange(100) % 4, 0.3, 0)) == 0
    with pytest.raises(ValueError, match="share lies between"):
        above_share(np.arange(4), 0.0, 0)


def test_no_row_is_set_aside_twice_and_each_finding_says_why() -> None:
    rows = _logged(80)
    assert rows.given is not None
    labels = np.where(rows.senders == 3, 1 - rows.given, rows.given)
    senders = np.where((rows.senders > 5) & (np.arange(ROWS) % 3 > 0), 6, rows.senders)
    digests = np.where((senders == 2) & (np.arange(ROWS) % 2 == 0), 1, rows.digests)
    found = tainted_labels(replace(rows, given=labels, senders=senders, digests=digests), 0.3, 0)
    assert [(finding.reason, finding.sender) for finding in found] == [
        ("duplicate_flood", "s2"),
        ("sender_labels", "s3"),
        ("sender_share", "s6"),
    ]
    together = np.concatenate([finding.rows for finding in found])
    assert len(np.unique(together)) == len(together)
    assert all(finding.detail for finding in found)


def test_false_labels_are_looked_for_only_where_that_is_asked() -> None:
    rows = _logged(81)
    assert rows.given is not None
    lied = replace(rows, given=np.where(rows.senders == 3, 1 - rows.given, rows.given))
    assert tainted_labels(lied, 0.5, 0, flips=False) == []
    assert [type(finding) for finding in tainted_labels(lied, 0.5, 0)] == [Tainted]


def _noise(rows: LabelledRows) -> tuple[SenderNoise, ...]:
    assert rows.chances is not None
    assert rows.given is not None
    return sender_noise(rows.chances, rows.given, rows.senders).senders


def _logged(seed: int) -> LabelledRows:
    """Rows of ten senders under a weak model (ROC AUC about 0.7) that is calibrated."""
    chance = CHANCE(seed)
    late = 1 / (1 + np.exp(1.3 - 0.8 * chance.normal(size=ROWS)))
    chances = np.stack([1 - late, late], axis=1)
    return LabelledRows(
        names=[f"s{number}" for number in range(SENDERS)],
        senders=chance.integers(0, SENDERS, ROWS),
        digests=np.arange(ROWS),
        columns={"distance": chance.normal(size=ROWS), "origin": np.array(["EWR", "JFK"])[chance.integers(0, 2, ROWS)]},
        given=(chance.random(ROWS) < late).astype(np.int64),
        chances=chances,
        calibrated=chances,
    )
