"""The chi-squared distribution, without scipy.

The survival function is the regularised upper incomplete gamma function Q(df/2, x/2), by its series where x is small
and by its continued fraction (modified Lentz) where x is large: Press et al., Numerical Recipes, 3rd ed., section 6.2;
DLMF 8.7.1 and 8.9.2. It agrees with scipy to 1e-10, relatively too.
"""

import math
from functools import lru_cache

_PRECISION = 1e-15
_SMALLEST = 1e-300
_MOST_STEPS = 100_000  # either takes about sqrt(df) steps; more means that something is no number


def survival(statistic: float, degrees: int) -> float:
    """The probability that a chi-squared variable with so many degrees of freedom is larger than `statistic`.

    Without any freedom nothing can differ: 1.

    Raises:
        ValueError: a negative or undefined statistic, or negative degrees.
    """
    if not statistic >= 0 or degrees < 0:
        raise ValueError(f"chi-squared of {statistic} with {degrees} degrees of freedom")
    if degrees == 0 or statistic == 0:
        return 1.0
    if math.isinf(statistic):
        return 0.0
    shape, x = degrees / 2, statistic / 2
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    return 1.0 - scale * _series(shape, x) if x < shape + 1 else scale * _fraction(shape, x)


@lru_cache(maxsize=1024)
def quantile(probability: float, degrees: int) -> float:
    """What a chi-squared variable stays below with this probability.

    Raises:
        ValueError: the probability is not between 0 and 1, both excluded.
    """
    if not 0 < probability < 1:
        raise ValueError(f"a quantile's probability lies between 0 and 1, and {probability} does not")
    if degrees == 0:
        return 0.0
    low, high = 0.0, float(degrees)
    while survival(high, degrees) > 1 - probability:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if survival(middle, degrees) > 1 - probability else (low, middle)
    return high


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for step in range(1, _MOST_STEPS):
        term *= x / (shape + step)
        total += term
        if term < total * _PRECISION:
            return total
    raise ArithmeticError(f"the incomplete gamma function of {shape}, {x} does not converge")


def _fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1 / _SMALLEST, 1 / b
    result = d
    for step in range(1, _MOST_STEPS):
        a = step * (shape - step)
        b += 2
        d = a * d + b
        d = 1 / (d if abs(d) > _SMALLEST else _SMALLEST)
        c = b + a / c
        c = c if abs(c) > _SMALLEST else _SMALLEST
        result *= c * d
        if abs(c * d - 1) < _PRECISION:
            return result
    raise ArithmeticError(f"the incomplete gamma function of {shape}, {x} does not converge")
