import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from functions.domain.false_discovery import q_values


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_q_values_are_scipys(p: list[float]) -> None:
    assert q_values(p) == pytest.approx(false_discovery_control(p, method="bh").tolist(), rel=1e-12)


def test_no_tests_make_no_discoveries() -> None:
    assert q_values([]) == []


def test_where_nothing_is_true_discoveries_are_as_rare_as_the_rate() -> None:
    rng = np.random.default_rng(0)
    found = [min(q_values(rng.random(16).tolist())) <= 0.05 for _ in range(4_000)]
    assert 0.04 < np.mean(found) < 0.06
