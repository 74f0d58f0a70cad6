import pytest
from scipy.stats import chi2

from functions.domain.chi_squared import quantile, survival

DEGREES = (1, 2, 3, 9, 10, 50, 200, 5_000)


@pytest.mark.parametrize("degrees", DEGREES)
def test_the_survival_function_is_scipys(degrees: int) -> None:
    for statistic in (1e-9, 1e-3, 0.5, 1.0, degrees * 0.5, degrees, degrees + 1.9, degrees + 30, degrees * 3):
        assert survival(statistic, degrees) == pytest.approx(float(chi2.sf(statistic, degrees)), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("probability", [1e-6, 0.05, 0.5, 0.995, 0.999999])
def test_the_quantile_is_scipys(degrees: int, probability: float) -> None:
    assert quantile(probability, degrees) == pytest.approx(float(chi2.ppf(probability, degrees)), rel=1e-9)


def test_nothing_can_differ_without_freedom() -> None:
    assert survival(3.0, 0) == 1.0
    assert quantile(0.99, 0) == 0.0


def test_the_ends_are_certain() -> None:
    assert survival(0.0, 4) == 1.0
    assert survival(float("inf"), 4) == 0.0


@pytest.mark.parametrize(("statistic", "degrees"), [(-1.0, 3), (float("nan"), 3), (1.0, -1)])
def test_what_is_no_statistic_is_an_error(statistic: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        survival(statistic, degrees)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, float("nan")])
def test_a_quantile_needs_a_probability(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(probability, 3)
