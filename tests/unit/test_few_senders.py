"""Where few send labels, who sent most is what the others are compared with, and only plain lies are held out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.domain.sender_noise import NoiseFindings, sender_noise

HONEST, OTHER = 0, 1


def judged(rows: tuple[int, int], flips: float, seed: int, shift: float = 0.0) -> NoiseFindings:
    """Two senders; the second one's labels are flipped so often, and its rows so much more often positive."""
    chance = np.random.default_rng(seed)
    senders = np.repeat(np.array([HONEST, OTHER], dtype=np.int64), rows)
    positive = np.clip(chance.beta(2, 6, len(senders)), 0.01, 0.99)
    true = chance.random(len(senders)) < np.clip(positive + shift * (senders == OTHER), 0, 1)
    false = (senders == OTHER) & (chance.random(len(senders)) < flips)
    labels = np.where(false, ~true, true).astype(np.int64)
    return sender_noise(np.column_stack([1 - positive, positive]), labels, senders)


def accused(found: NoiseFindings) -> set[int]:
    return {sender.sender for sender in found.senders if sender.out_of_line}


@settings(max_examples=15)
@given(st.integers(0, 1_000), st.integers(300, 3_000))
def test_a_small_sender_of_flipped_labels_is_found_and_the_large_one_is_not_accused(seed: int, few: int) -> None:
    found = judged((10_000, few), flips=1.0, seed=seed)
    assert accused(found) == {OTHER}
    assert (found.posterior[10_000:] > 0.5).mean() > 0.9
    assert not found.posterior[:10_000].any()


@settings(max_examples=15)
@given(st.integers(0, 1_000), st.floats(0.0, 0.15), st.floats(-0.05, 0.15))
def test_of_two_senders_a_careless_one_or_one_with_other_rows_is_not_accused(
    seed: int, flips: float, shift: float
) -> None:
    assert accused(judged((10_000, 2_000), flips, seed, shift)) == set()


def test_two_senders_of_as_many_labels_cannot_be_told_apart() -> None:
    assert judged((2_000, 2_000), flips=1.0, seed=1).senders == ()
