"""Confidence intervals, each in closed form. `confidence` is the share of samples whose interval holds the truth, 0.95.

All of them take rows for independent of each other.
"""

import math
from statistics import NormalDist

from functions.domain.reference import MetricValue


def normal_quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches to each side: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def mean_interval(rows: float, total: float, squares: float, confidence: float) -> MetricValue:
    """A mean from the sum and the sum of squares of its rows' values, by the central limit theorem.

    No interval of fewer than two rows, nor where all are equal: such a sample says nothing of how values differ.
    """
    if rows <= 0:
        return MetricValue(None, None, None)
    mean = total / rows
    spread = squares / rows - mean * mean
    if rows < 2 or spread <= 1e-14 * mean * mean:
        return MetricValue(mean, None, None)
    reach = normal_quantile(confidence) * math.sqrt(spread / (rows - 1))
    return MetricValue(mean, mean - reach, mean + reach)


def wilson_interval(successes: float, rows: float, confidence: float) -> MetricValue:
    """A proportion by its score interval (Wilson 1927, JASA 22(158), p. 209): good for few rows, and at 0 and 1."""
    if rows <= 0:
        return MetricValue(None, None, None)
    share, z = successes / rows, normal_quantile(confidence)
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    reach = z / (1 + z * z / rows) * math.sqrt(max(share * (1 - share), 0.0) / rows + z * z / (4 * rows * rows))
    return MetricValue(share, max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach)))


def logit_interval(value: float, variance: float, confidence: float) -> MetricValue:
    """A statistic between 0 and 1 with a known variance: normal on the logit scale, so that it stays between them.

    As the logit interval of Brown, Cai and DasGupta (2001), Statistical Science 16(2), p. 101. None where the variance
    is 0 or the value at an end: there the normal approximation says nothing.
    """
    if not 0 < value < 1 or variance <= 0:
        return MetricValue(value, None, None)
    logit = math.log(value / (1 - value))
    reach = normal_quantile(confidence) * math.sqrt(variance) / (value * (1 - value))
    return MetricValue(value, _logistic(logit - reach), _logistic(logit + reach))


def normal_interval(value: float, variance: float, confidence: float) -> MetricValue:
    """A statistic with a known variance; None where that is 0."""
    if variance <= 0:
        return MetricValue(value, None, None)
    reach = normal_quantile(confidence) * math.sqrt(variance)
    return MetricValue(value, value - reach, value + reach)


def within(found: MetricValue, lowest: float = -math.inf, highest: float = math.inf) -> MetricValue:
    """The same with its interval cut to what the statistic can be."""
    if found.low is None or found.high is None:
        return found
    return MetricValue(found.value, max(lowest, found.low), min(highest, found.high))


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
