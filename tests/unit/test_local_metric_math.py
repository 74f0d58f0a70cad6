"""Metric math: what CloudWatch's expressions give, period by period."""

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.metric_math import Expression, Series

GIVEN: dict[str, Series] = {"e": [1.0, 0.0, None, 4.0], "n": [2.0, 0.0, 5.0, None], "k": [None, None, 3.0, None]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e / n", [0.5, None, None, None]),
        ("IF(n > 0, e / n)", [0.5, None, None, None]),
        ("IF(n > 0, 100 * e / n, 0)", [50, 0, None, 0]),
        ("FILL(e, 0) / FILL(n, 1)", [0.5, None, 0, 4]),
        ("FILL(k, REPEAT)", [None, None, 3, 3]),
        ("SUM([e, n, k])", [3, 0, 8, 4]),
        ("MAX([e, n])", [2, 0, 5, 4]),
        ("MIN(METRICS())", [1, 0, 3, 4]),
        ("AVG([e, n])", [1.5, 0, 5, 4]),
        ("SUM(e)", [5, 5, 5, 5]),
        ("e - MIN(e)", [1, 0, None, 4]),
        ("2 ^ 3 - 1 * 2", [6, 6, 6, 6]),
        ("-e + 1", [0, 1, None, -3]),
        ("ABS(-e)", [1, 0, None, 4]),
        ("(e > 0) AND (n > 0)", [1, 0, None, None]),
        ("e >= 1 || n >= 1", [1, 0, None, None]),
        ("IF(e == 4, 7, e != 1)", [0, 1, None, 7]),
        ("IF(k, 1, 0)", [0, 0, 1, 0]),
    ],
)
def test_an_expression_gives_a_value_a_period(text: str, expected: Series) -> None:
    assert Expression(text).series(GIVEN, 4) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ANOMALY_DETECTION_BAND(e, 2)", "does not know ANOMALY_DETECTION_BAND with 2 arguments"),
        ("SEARCH('{AWS/Lambda}', 'Sum')", "is not known"),
        ("e +", "more is missing at its end"),
        ("(e + n", r"\) is missing at its end"),
        ("e n", "'n' is not expected there"),
        ("IF(e)", "does not know IF with 1 arguments"),
        ("e ; n", "';' is not known"),
        ("", "more is missing"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(text: str, says: str) -> None:
    with pytest.raises(MisconfiguredError, match=says):
        Expression(text)


def test_an_expression_of_what_is_not_there_or_of_several_series_is_an_error() -> None:
    with pytest.raises(MisconfiguredError, match="there is no metric x"):
        Expression("e / x").series(GIVEN, 4)
    with pytest.raises(MisconfiguredError, match="several series"):
        Expression("METRICS()").series(GIVEN, 4)
