import numpy as np
import pytest
from numpy.typing import NDArray

from functions.domain.effective_dimension import MOST_COLUMNS, effective_dimension, effective_dimension_of

RNG = np.random.default_rng(0)


def test_it_is_the_participation_ratio_of_the_eigenvalues() -> None:
    correlations: NDArray[np.float64] = np.atleast_2d(
        np.corrcoef(RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 6)), rowvar=False)
    )
    eigenvalues = np.linalg.eigvalsh(correlations)
    assert effective_dimension(correlations) == pytest.approx(
        eigenvalues.sum() ** 2 / np.sum(eigenvalues**2), rel=1e-12
    )


def test_columns_that_know_nothing_of_each_other_count_each() -> None:
    assert effective_dimension(np.eye(7)) == 7


def test_copies_count_once() -> None:
    column = RNG.normal(size=100)
    assert effective_dimension_of([column, 3 * column + 1, -column]) == pytest.approx(1.0)


def test_constants_and_empty_columns_are_left_out() -> None:
    column = RNG.normal(size=100)
    assert effective_dimension_of([column, np.ones(100), np.full(100, np.nan)]) == pytest.approx(1.0)
    assert effective_dimension_of([np.ones(100)]) is None
    assert effective_dimension_of([]) is None


def test_a_missing_value_counts_as_the_mean() -> None:
    whole, holed = RNG.normal(size=200), RNG.normal(size=200)
    holed[::3] = np.nan
    filled = np.where(np.isnan(holed), np.nanmean(holed), holed)
    expected = effective_dimension(np.corrcoef(np.stack([whole, filled])))
    z = effective_dimension_of([whole, holed])
    assert z == pytest.approx(expected, rel=0.02)


def test_only_so_many_columns_are_looked_at() -> None:
    columns = list(RNG.normal(size=(MOST_COLUMNS + 20, 5_000)))
    assert effective_dimension_of(columns) == pytest.approx(effective_dimension_of(columns[:MOST_COLUMNS]))


def test_no_columns_have_no_dimension() -> None:
    with pytest.raises(ValueError, match="no columns"):
        effective_dimension(np.zeros((0, 0)))
