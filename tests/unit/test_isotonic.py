"""Isotonic regression against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from functions.domain.isotonic import isotonic

rows = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60)


@given(rows)
def test_maps_every_score_as_scikit_learn_does(given_rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 12 for score, _ in given_rows])
    truth = np.array([label for _, label in given_rows])
    found = isotonic(scores, truth)
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, truth.astype(float))
    asked = np.linspace(-0.1, 1.1, 200)
    assert np.interp(asked, found.scores, found.rates) == pytest.approx(fitted.predict(asked), abs=1e-8)


def test_keeps_the_ends_of_each_step_alone() -> None:
    found = isotonic(np.arange(100) / 100, np.arange(100) >= 50)
    assert found.scores == (0.0, 0.49, 0.5, 0.99)
    assert found.rates == (0.0, 0.0, 1.0, 1.0)
