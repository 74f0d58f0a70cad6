"""Digests of columns: each value in one bin, and the hold-out's losses where they belong."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.reference_digest import HeldOut, category_digest, number_digest


def test_bins_hold_each_number_once() -> None:
    chance = np.random.default_rng(0)
    values = np.concatenate([chance.lognormal(size=1_000), [np.nan] * 7]).astype(np.float32)
    digest = number_digest(values)
    edges = np.array([-np.inf, *digest.edges, np.inf])
    present = values[~np.isnan(values)]

    assert (digest.count, digest.missing) == (1_007, 7)
    assert len(digest.counts) == 10
    assert list(digest.counts) == [int(((a <= present) & (present < b)).sum()) for a, b in pairwise(edges)]


@pytest.mark.parametrize(
    ("values", "edges", "counts"),
    [
        ([1, 1, 2, 3], (2.0, 3.0), (2, 1, 1)),
        ([5, 5, 5], (), (3,)),
        ([np.nan, np.nan], (), (0,)),
        ([0] * 95 + list(range(1, 26)), (1.0, 13.0), (95, 12, 13)),
        ([0] * 975 + list(range(1, 26)), (1.0,), (975, 25)),
    ],
    ids=["a bin a value", "constant", "all missing", "mostly one value", "nearly all one value"],
)
def test_bins_of_few_or_uneven_values(values: list[float], edges: tuple[float, ...], counts: tuple[int, ...]) -> None:
    digest = number_digest(np.array(values, dtype=np.float64))

    assert (digest.edges, digest.counts) == (edges, counts)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=200))
def test_moments_and_quantiles_are_numpys(given_values: list[float]) -> None:
    values = np.array(given_values, dtype=np.float64)
    digest, present = number_digest(values), values[~np.isnan(values)]

    assert sum(digest.counts) == digest.count - digest.missing == len(present)
    if len(present):
        assert (digest.min, digest.max) == (present.min(), present.max())
        assert digest.zeros == (present == 0).sum()
        assert digest.mean == pytest.approx(present.mean(), rel=1e-8, abs=1e-12)
        assert digest.std == pytest.approx(present.std(), rel=1e-8, abs=1e-12)
        shares = np.arange(201) / 200
        assert digest.quantiles == tuple(np.quantile(present, shares, method="inverted_cdf").tolist())


def test_losses_are_means_over_the_hold_outs_rows_in_each_bin() -> None:
    held_out = HeldOut(np.array([1.0, 1.0, 9.0, np.nan]), np.array([0.1, 0.3, 0.5, 0.7]))
    digest = number_digest(np.array([1.0, 2.0, 3.0]), held_out)

    assert digest.edges == (2.0, 3.0)
    assert digest.losses == (0.2, None, 0.5)
    assert digest.missing_loss == 0.7


def test_each_number_of_a_vector_bears_its_rows_loss() -> None:
    held_out = HeldOut(np.array([[1.0, 2.0], [1.0, 1.0]]), np.array([0.1, 0.4]))
    digest = number_digest(np.array([[1.0, 2.0]]), held_out)

    assert digest.losses == (0.3, 0.1)


def test_categories_are_counted_and_the_rare_ones_together() -> None:
    values = ["a"] * 5 + ["b"] * 3 + [None] * 2 + [f"rare {n:03}" for n in range(250)]
    digest = category_digest(values)

    assert list(digest.categories.items())[:3] == [("a", 5), ("b", 3), ("rare 000", 1)]
    assert (digest.count, len(digest.categories), digest.missing, digest.other) == (260, 200, 2, 52)


def test_losses_of_categories_of_missing_values_and_of_all_others() -> None:
    held_out = HeldOut(["a", "a", None, "new"], np.array([0.1, 0.3, 0.5, 0.7]))
    digest = category_digest(["a", "b"], held_out)

    assert digest.losses == {"a": 0.2}
    assert (digest.missing_loss, digest.other_loss) == (0.5, 0.7)


def test_ties_are_the_rows_that_have_their_bins_smallest_value() -> None:
    assert number_digest(np.array([0.0] * 95 + list(range(1, 26)))).ties == (95, 1, 1)
    assert number_digest(np.array([1.0, 1, 2, 3])).ties == (2, 1, 1)
    assert number_digest(np.full(3, 5.0)).ties == (3,)
    assert number_digest(np.array([np.nan])).ties == ()
