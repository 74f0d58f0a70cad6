"""Student's t distribution, without scipy.

For whole degrees of freedom it is a finite sum: Abramowitz and Stegun (1964), Handbook of Mathematical Functions,
26.7.3 and 26.7.4.
"""

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL_FROM = 100_000  # degrees of freedom from which the normal distribution is the same to 1e-5


def share_below(t: float, freedom: int) -> float:
    """The probability that Student's t with so many degrees of freedom, at least one, is below `t`."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2 == 1
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for step in range(1 if odd else 0, freedom - 1, 2):
        total += term
        term *= cosine * cosine * (step + 1) / (step + 2)
        if term < 1e-17 * total:
            break
    inner = (angle + sine * total) * 2 / math.pi if odd else sine * total
    return (1 + inner) / 2


@lru_cache(maxsize=1024)
def quantile(probability: float, freedom: int) -> float:
    """What Student's t stays below with this probability.

    Raises:
        ValueError: a probability that is not between 0 and 1, or no degree of freedom.
    """
    if not 0 < probability < 1 or freedom < 1:
        raise ValueError(f"no quantile of Student's t at {probability} with {freedom} degrees of freedom")
    if freedom >= _NORMAL_FROM:
        return NormalDist().inv_cdf(probability)
    if probability < 0.5:
        return -quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while share_below(high, freedom) < probability:
        low, high = high, 2 * high
    while high - low > 1e-12 * max(high, 1e-3):
        middle = (low + high) / 2
        low, high = (middle, high) if share_below(middle, freedom) < probability else (low, middle)
    return high
