from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from functions.domain.wasserstein import Distance, wasserstein
from tests.unit.counted_arrays import counted, number_digest

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]
NUMBERS = st.lists(st.floats(-1e6, 1e6).map(lambda value: float(np.float32(value))), min_size=1, max_size=60)

PAIRS: dict[str, tuple[Draw, Draw]] = {
    "the same": (lambda rng, n: rng.normal(size=n), lambda rng, n: rng.normal(size=n)),
    "a shift": (lambda rng, n: rng.normal(size=n), lambda rng, n: rng.normal(0.3, 1, n)),
    "a scale": (lambda rng, n: rng.normal(size=n), lambda rng, n: rng.normal(0, 2, n)),
    "a long tail": (lambda rng, n: rng.exponential(1, n), lambda rng, n: rng.exponential(1.5, n)),
    "few values": (
        lambda rng, n: rng.integers(0, 7, n).astype(float),
        lambda rng, n: rng.integers(1, 9, n).astype(float),
    ),
    "mostly zero": (
        lambda rng, n: np.where(rng.random(n) < 0.95, 0, rng.exponential(1, n)),
        lambda rng, n: np.where(rng.random(n) < 0.90, 0, rng.exponential(1, n)),
    ),
    "far away": (lambda rng, n: rng.normal(size=n), lambda rng, n: rng.normal(1e6, 1, n)),
}


def _measured(reference: Array, window: Array) -> Distance:
    digest = number_digest(reference)
    found = wasserstein(counted(window, digest), np.array(digest.quantiles))
    assert found is not None
    return found


@pytest.mark.parametrize("pair", PAIRS)
def test_the_distance_is_scipys_within_its_own_bounds(pair: str) -> None:
    rng = np.random.default_rng(0)
    reference, window = PAIRS[pair][0](rng, 20_000), PAIRS[pair][1](rng, 3_000)
    found, true = _measured(reference, window), wasserstein_distance(reference, window)
    assert found.value - found.reference_error <= true <= found.value + found.error
    assert found.value == pytest.approx(true, abs=0.03 * float(reference.std()))


def test_a_shift_is_measured_exactly_up_to_the_references_own_coarseness() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=20_000)
    found = _measured(reference, reference + 10.0)
    assert found.error == found.reference_error  # the distributions do not cross
    assert found.value == pytest.approx(10.0, abs=found.reference_error)


def test_constants_are_as_far_apart_as_they_are() -> None:
    assert _measured(np.ones(100), np.zeros(50)) == Distance(1.0, 0.0, 0.0)
    assert _measured(np.ones(100), np.ones(50)) == Distance(0.0, 0.0, 0.0)


def test_a_window_without_values_is_no_distance_away() -> None:
    digest = number_digest(np.arange(100.0))
    assert wasserstein(counted(np.full(3, np.nan), digest), np.array(digest.quantiles)) is None


@given(NUMBERS, NUMBERS)
def test_the_bounds_hold_for_any_samples(reference: list[float], window: list[float]) -> None:
    found, true = _measured(np.array(reference), np.array(window)), wasserstein_distance(reference, window)
    slack = 1e-9 * (1 + max(map(abs, [*reference, *window])))
    assert found.value - found.reference_error - slack <= true <= found.value + found.error + slack
