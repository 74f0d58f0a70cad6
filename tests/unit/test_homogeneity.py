import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency

from functions.domain.homogeneity import LEAST_EXPECTED, Pooled, p_value, pooled, statistic

COUNTS = arrays(np.float64, st.shared(st.integers(1, 30), key="cells"), elements=st.integers(0, 500).map(float))


def test_the_test_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for size in (200, 5_000, 50_000):
        shares = rng.dirichlet(np.full(10, 5.0))
        reference, window = rng.multinomial(30_000, shares), rng.multinomial(size, rng.dirichlet(shares * 3_000))
        cells = pooled(reference.astype(float), window.astype(float))
        expected = chi2_contingency(np.stack([cells.reference, cells.window]), correction=False)
        assert statistic(cells) == pytest.approx(expected.statistic, rel=1e-9)
        assert p_value(cells) == pytest.approx(expected.pvalue, rel=1e-9)


def test_sparse_cells_are_put_together() -> None:
    cells = pooled(np.array([5_000.0, 4_900, 60, 40]), np.array([48.0, 51, 1, 0]))
    assert cells.reference.tolist() == [5_000, 4_900 + 60 + 40]  # 1 row in 100 is too few even for those two together
    assert cells.window.tolist() == [48, 52]


def test_enough_sparse_cells_are_a_cell_of_their_own() -> None:
    reference, window = np.array([900.0, *[10.0] * 10]), np.array([450.0, *[5.0] * 10])
    window[1:] = 4
    cells = pooled(reference, window)
    assert cells.reference.tolist() == [900, 100]
    assert cells.window.tolist() == [450, 40]


def test_a_new_value_in_many_rows_is_not_put_away() -> None:
    cells = pooled(np.array([10_000.0, 0]), np.array([900.0, 100]))
    assert cells.window.tolist() == [900, 100]
    assert p_value(cells) < 1e-100


def test_equal_shares_are_no_evidence() -> None:
    assert p_value(Pooled(np.array([100.0, 300]), np.array([10.0, 30]))) == pytest.approx(1.0)


@pytest.mark.parametrize("counts", [([], []), ([0.0], [0.0]), ([5.0, 5], [0.0, 0]), ([0.0, 0], [7.0, 1])])
def test_there_is_nothing_to_compare_with_an_empty_side(counts: tuple[list[float], list[float]]) -> None:
    cells = pooled(np.array(counts[0]), np.array(counts[1]))
    assert len(cells) == 0
    assert p_value(cells) == 1.0


@given(COUNTS, COUNTS)
def test_pooling_keeps_every_row_and_leaves_no_sparse_cell(
    reference: np.ndarray[tuple[int], np.dtype[np.float64]], window: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    cells = pooled(reference, window)
    if min(reference.sum(), window.sum()) == 0:
        assert len(cells) == 0
        return
    assert cells.reference.sum() == reference.sum()
    assert cells.window.sum() == window.sum()
    smaller = min(reference.sum(), window.sum()) / (reference.sum() + window.sum())
    assert len(cells) == 1 or np.all((cells.reference + cells.window) * smaller >= LEAST_EXPECTED * (1 - 1e-12))
    assert 0 <= p_value(cells) <= 1


def test_the_level_is_kept_with_small_windows_and_many_categories() -> None:
    """Sizes and shares as the worst of flights': 200 rows against 50,000, 105 destinations of unlike frequency."""
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.full(105, 0.6))
    reference = rng.multinomial(50_000, shares, size=4_000).astype(float)
    window = rng.multinomial(200, shares, size=4_000).astype(float)
    p = np.array([p_value(pooled(r, w)) for r, w in zip(reference, window, strict=True)])
    assert 0.035 < np.mean(p < 0.05) < 0.065
    assert np.mean(p < 0.005) < 0.01
