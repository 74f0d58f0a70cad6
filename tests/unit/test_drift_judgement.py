from dataclasses import replace

import numpy as np
import pytest

from functions.domain.column_counts import CategoryCounts
from functions.domain.drift_cells import MISSING, NEW, OTHER, bin_labels, category_cells, new_categories, number_cells
from functions.domain.drift_cost import estimated_cost
from functions.domain.drift_judgement import ColumnDrift, Thresholds, compare, judge
from functions.domain.reference import CategoryDigest, NumberDigest
from tests.unit.counted_arrays import Array, category_digest, counted, number_digest

LIMITS = Thresholds(psi=0.05, fdr=0.005, min_rows=200)
RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=20_000)
DIGEST = number_digest(NORMAL)
COLOURS = CategoryDigest(1_000, 0, {"red": 600, "blue": 400}, 0, {"red": 0.2, "blue": 0.5})


def _drift(digest: NumberDigest, window: Array, loss: float | None = None, per_row: int = 1) -> ColumnDrift:
    measured = compare(digest, counted(window, digest), loss, LIMITS, per_row)
    return judge([measured], [len(window) // per_row], LIMITS)[0]


def _coloured(
    counts: dict[str, int], others: int = 0, missing: int = 0, digest: CategoryDigest = COLOURS
) -> ColumnDrift:
    window = CategoryCounts(counts, others, missing)
    return judge([compare(digest, window, 0.3, LIMITS)], [window.rows], LIMITS)[0]


def test_a_shift_is_drift() -> None:
    assert _drift(DIGEST, RNG.normal(0.4, 1, 5_000)).drifted


def test_more_rows_of_the_same_are_no_drift() -> None:
    found = _drift(DIGEST, RNG.normal(size=500_000))
    assert not found.drifted
    assert found.psi is not None
    assert found.psi < 0.01


def test_a_credible_shift_that_is_small_is_no_drift() -> None:
    found = _drift(DIGEST, RNG.normal(0.1, 1, 200_000))
    assert found.p_value < 1e-30
    assert not found.drifted


def test_a_large_psi_in_few_rows_is_noise() -> None:
    digest = category_digest([f"place {n}" for n in np.arange(20_000) % 100])
    places = RNG.integers(0, 100, 210)
    window = CategoryCounts({f"place {n}": int(np.sum(places == n)) for n in range(100)})
    found = judge([compare(digest, window, None, LIMITS)], [210], LIMITS)[0]
    assert not found.drifted
    assert found.threshold >= found.noise_floor + LIMITS.psi


def test_the_threshold_is_what_noise_reaches_where_that_is_more() -> None:
    found = _drift(DIGEST, RNG.normal(size=200))
    assert found.threshold > found.noise_floor + LIMITS.psi


def test_too_few_rows_are_not_judged() -> None:
    found = _drift(DIGEST, RNG.normal(5, 1, 199))
    assert found.q_value is None
    assert not found.drifted
    assert _drift(DIGEST, RNG.normal(5, 1, 200)).drifted


def test_the_rate_is_controlled_over_the_columns_that_are_judged() -> None:
    one = compare(DIGEST, counted(RNG.normal(0.4, 1, 5_000), DIGEST), None, LIMITS)
    border = replace(one, p_value=0.004)
    assert judge([border], [5_000], LIMITS)[0].drifted
    assert not judge([border, replace(one, p_value=0.9)], [5_000, 5_000], LIMITS)[0].drifted
    assert judge([border, replace(one, p_value=0.9)], [5_000, 100], LIMITS)[0].drifted


def test_a_value_that_the_reference_never_had_is_new() -> None:
    found = _coloured({"red": 500, "blue": 400}, others=100)
    assert found.drifted
    assert found.cells.labels == ("red", "blue", NEW)
    window = CategoryCounts({"red": 5, "blue": 5, "green": 3, "grey": 0}, others=2, listed=(("pink", 2),))
    assert new_categories(COLOURS, window) == (5, [("green", 3), ("pink", 2)])


def test_a_rare_value_is_not_new_where_the_reference_counts_rare_ones_together() -> None:
    digest = replace(COLOURS, count=1_100, other=100)
    window = CategoryCounts({"red": 500, "blue": 400, "green": 10}, others=90)
    assert category_cells(digest, window).labels == ("red", "blue", OTHER)
    assert category_cells(digest, window).window.tolist() == [500, 400, 100]
    assert new_categories(digest, window) == (0, [])


def test_missing_values_are_a_cell() -> None:
    digest = number_digest(np.where(np.arange(20_000) % 10 == 0, np.nan, NORMAL))
    window = RNG.normal(size=5_000)
    window[:2_500] = np.nan
    found = _drift(digest, window)
    assert found.drifted
    assert found.cells.labels[-1] == MISSING
    assert found.cells.window_shares[-1] == 0.5
    assert found.cells.reference_shares[-1] == pytest.approx(0.1)


def test_a_column_that_goes_missing_altogether_drifts() -> None:
    assert _drift(DIGEST, np.full(1_000, np.nan)).drifted


@pytest.mark.parametrize("value", [-1.0, 3.0 - 1e-9, 3.0 + 1e-9, 1e30])
def test_a_constant_that_changes_its_value_drifts(value: float) -> None:
    digest = number_digest(np.full(500, 3.0))
    assert _drift(digest, np.full(500, value)).drifted
    assert not _drift(digest, np.full(500, 3.0)).drifted


def test_an_empty_window_has_no_distances() -> None:
    found = _drift(DIGEST, np.zeros(0))
    assert (found.psi, found.jensen_shannon, found.wasserstein, found.cost) == (None, None, None, None)
    assert not found.drifted


def test_a_reference_without_rows_judges_nothing() -> None:
    found = _drift(number_digest(np.zeros(0)), NORMAL)
    assert found.q_value is None
    assert not found.drifted


def test_a_vectors_elements_are_not_so_many_observations() -> None:
    """Each row's 50 elements are one number: with 50 times the weight this noise would be a discovery."""
    rng = np.random.default_rng(3)
    digest = number_digest(np.repeat(rng.normal(size=5_000), 50))
    found = [_drift(digest, np.repeat(rng.normal(size=300), 50), per_row=50) for _ in range(100)]
    assert sum(f.p_value < 0.05 for f in found) <= 12
    assert not any(f.drifted for f in found)


def test_cost_is_the_change_of_shares_times_the_cells_losses() -> None:
    found = _coloured({"red": 300, "blue": 600}, others=100)
    assert found.cost == pytest.approx((0.3 - 0.6) * 0.2 + (0.6 - 0.4) * 0.5 + 0.1 * 0.3)


def test_cost_is_unknown_where_no_loss_is() -> None:
    cells = number_cells(DIGEST, counted(NORMAL + 1, DIGEST))
    assert estimated_cost(cells, 0.4) is None
    known = replace(DIGEST, losses=(0.1, None, *[0.3] * 8))
    cells = number_cells(known, counted(NORMAL + 1, known))
    assert estimated_cost(cells, None) is None
    change = cells.window_shares - cells.reference_shares
    assert estimated_cost(cells, 0.4) == pytest.approx(change @ np.array([0.1, 0.4, *[0.3] * 8]))


def test_a_drift_to_where_the_model_is_better_costs_less_than_nothing() -> None:
    found = _coloured({"red": 900, "blue": 100})
    assert found.cost is not None
    assert found.cost < 0


def test_numbers_are_not_compared_with_categories() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(DIGEST, CategoryCounts({}), None, LIMITS)


def test_bins_are_named_with_as_many_digits_as_tell_them_apart() -> None:
    assert bin_labels(()) == ("all",)
    assert bin_labels((1.0, 2.5)) == ("< 1", "[1, 2.5)", "≥ 2.5")
    assert bin_labels((100_000.1, 100_000.2)) == ("< 100000.1", "[100000.1, 100000.2)", "≥ 100000.2")


def test_bins_fold_at_their_own_knots_only() -> None:
    window = counted(NORMAL, DIGEST)
    assert window.folded(np.array(DIGEST.edges)).tolist() == list(DIGEST.counts)
    with pytest.raises(ValueError, match="their own knots"):
        window.folded(np.array([0.123]))


def test_moments_of_bins_are_those_of_the_whole() -> None:
    far = NORMAL * 1e-3 + 1e6  # where a sum of squares would lose all its digits
    window = counted(far, number_digest(NORMAL))
    assert window.mean == pytest.approx(far.mean(), rel=1e-12)
    assert window.std == pytest.approx(far.std(), rel=1e-6)
    assert counted(NORMAL, DIGEST).std == pytest.approx(NORMAL.std(), rel=1e-12)


def test_hardly_any_rain_is_not_no_rain() -> None:
    """Most rows share one value: a shift that stays below the next one moves no row into another bin."""
    rain = np.where(RNG.random(20_000) < 0.93, 0.0, np.round(RNG.exponential(0.2, 20_000), 2) + 0.01)
    found = _drift(number_digest(rain), rain[:5_000] + 0.009)
    assert found.drifted
    assert found.cells.labels == ("0", "all, not 0")
    assert found.cells.window.tolist() == [0, 5_000]
    assert not _drift(number_digest(rain), rain[:5_000]).drifted


def test_values_between_those_that_there_were_are_other_values() -> None:
    steps = RNG.integers(0, 12, 20_000).astype(float)
    found = _drift(number_digest(steps), steps[:5_000] + 0.5)
    assert found.drifted
    assert found.cells.labels[:4] == ("0", "< 1, not 0", "1", "[1, 2), not 1")
    assert found.cells.window_shares[::2] == pytest.approx(0)


def test_a_single_values_loss_is_not_taken_for_its_neighbours() -> None:
    digest = number_digest(np.array([0.0] * 500 + [1.0] * 500), [0.2, 0.6])
    found = _drift(digest, np.array([0.0] * 250 + [0.5] * 250 + [1.0] * 500), 0.4)
    assert found.cost == pytest.approx(-0.25 * 0.2 + 0.25 * 0.4)


def test_a_digest_without_ties_is_compared_by_its_bins() -> None:
    digest = replace(number_digest(np.array([0.0] * 500 + [1.0] * 500)), ties=())
    assert _drift(digest, np.array([0.5] * 250 + [1.0] * 250)).cells.labels == ("< 1", "≥ 1")
