import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2

from functions.domain.drift_distances import (
    jensen_shannon,
    noise_floor,
    noise_reach,
    population_stability_index,
)
from functions.domain.homogeneity import Pooled

CELLS = Pooled(np.array([400.0, 300, 200, 100, 0]), np.array([10.0, 20, 30, 0, 40]))


def test_psi_is_the_textbooks_on_smoothed_shares() -> None:
    expected = 0.0
    for reference, window in zip(CELLS.reference, CELLS.window, strict=True):
        r, w = (reference + 0.5) / (1_000 + 2.5), (window + 0.5) / (100 + 2.5)
        expected += (w - r) * np.log(w / r)
    assert population_stability_index(CELLS) == pytest.approx(expected, rel=1e-12)


def test_equal_shares_are_no_distance_apart() -> None:
    same = Pooled(np.full(10, 5_000.0), np.full(10, 5_000.0))
    assert population_stability_index(same) == 0
    assert jensen_shannon(np.full(10, 0.1), np.full(10, 0.1)) == 0


def test_psi_does_not_care_which_side_is_the_reference() -> None:
    assert population_stability_index(CELLS) == pytest.approx(
        population_stability_index(Pooled(CELLS.window, CELLS.reference)), rel=1e-12
    )


def test_jensen_shannon_is_scipys_in_bits() -> None:
    reference, window = CELLS.reference / 1_000, CELLS.window / 100
    expected = float(jensenshannon(reference, window, base=2))
    assert jensen_shannon(reference, window) == pytest.approx(expected, rel=1e-12)


def test_disjoint_distributions_are_one_apart() -> None:
    assert jensen_shannon(np.array([1.0, 0]), np.array([0, 1.0])) == 1


def test_the_noise_floor_is_what_samples_of_one_distribution_have_on_average() -> None:
    rng = np.random.default_rng(0)
    found = [
        population_stability_index(
            Pooled(*(rng.multinomial(n, np.full(10, 0.1)).astype(float) for n in (50_000, 2_000)))
        )
        for _ in range(2_000)
    ]
    cells = Pooled(np.full(10, 5_000.0), np.full(10, 200.0))
    assert noise_floor(cells) == pytest.approx(9 * (1 / 50_000 + 1 / 2_000), rel=1e-12)
    assert np.mean(found) == pytest.approx(noise_floor(cells), rel=0.04)
    assert np.mean(np.array(found) > noise_reach(cells, 0.95)) == pytest.approx(0.05, abs=0.015)


def test_what_noise_reaches_is_a_quantile_of_the_same_law() -> None:
    cells = Pooled(np.full(10, 5_000.0), np.full(10, 200.0))
    expected = chi2.ppf(0.995, 9) * (1 / 50_000 + 1 / 2_000)
    assert noise_reach(cells, 0.995) == pytest.approx(expected, rel=1e-9)


def test_without_cells_there_is_no_distance_and_no_noise() -> None:
    empty = Pooled(np.zeros(0), np.zeros(0))
    assert population_stability_index(empty) == noise_floor(empty) == noise_reach(empty, 0.99) == 0
