"""Whether scores are frequencies: of the rows that are scored 0.3, three in ten should be positive."""

import math
from statistics import NormalDist

import numpy as np

from functions.domain.intervals import normal_quantile, wilson_interval
from functions.domain.ranking import Floats
from functions.domain.reference import MetricValue


def calibration_error(
    rows: Floats, scores: Floats, positives: Floats, squares: Floats, confidence: float
) -> MetricValue:
    """Expected calibration error (Naeini et al. 2015, AAAI, p. 2901): mean distance of score and frequency over bins.

    Sums by bin [bins]: rows, their scores, the positives among them, and the squares of what each row's truth (0 or 1)
    is off its score. Each bin's mean distance is taken for normal; noise makes its size too large on average. The
    interval is the basic bootstrap's (Davison and Hinkley 1997, Bootstrap Methods, section 5.2) in closed form: what
    noise adds is taken off, at its most for the lower limit and at its least for the upper one, and the reach is
    normal. So it is rather too long than too short.
    """
    filled = rows > 0
    if not filled.any():
        return MetricValue(None, None, None)
    n = rows[filled]
    share = n / n.sum()
    off = (positives[filled] - scores[filled]) / n
    value = float(share @ np.abs(off))
    errors = np.sqrt(np.maximum(squares[filled] / n - off * off, 0.0) / n)
    if n.sum() < 2 or not errors.any():
        return MetricValue(value, None, None)
    variance = float(share**2 @ errors**2)
    variance += max(float(share @ off**2) - value * value, 0.0) / float(n.sum())  # how many rows each bin got
    reach = normal_quantile(confidence) * math.sqrt(variance)
    # Noise adds more, the smaller the means are; and the squares of those that are seen are too large by its variance.
    least = float(share @ _added_by_noise(np.abs(off), errors))
    most = float(share @ _added_by_noise(np.sqrt(np.maximum(off**2 - errors**2, 0.0)), errors))
    low, high = value - most - reach, value - least + reach
    return MetricValue(value, max(0.0, min(low, value)), min(1.0, max(high, value)))


def _added_by_noise(sizes: Floats, errors: Floats) -> Floats:
    """By how much the mean size of a normal variable is above the size of its mean [bins].

    The mean of the folded normal distribution: Leone, Nelson and Nottingham (1961), Technometrics 3(4), p. 543.
    """
    ratio = np.divide(sizes, errors, out=np.full_like(sizes, np.inf), where=errors > 0)
    beyond = np.array([NormalDist().cdf(-value) for value in ratio.tolist()])
    added: Floats = errors * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) - 2 * sizes * beyond
    return added


def reliability(rows: Floats, scores: Floats, positives: Floats, confidence: float) -> list[dict[str, float | None]]:
    """A row for each calibration bin that has any: its limits, mean score, and the frequency with Wilson's interval."""
    width = 1 / len(rows)
    table: list[dict[str, float | None]] = []
    for place in np.flatnonzero(rows > 0).tolist():
        count = float(rows[place])
        rate = wilson_interval(float(positives[place]), count, confidence)
        table.append(
            {
                "low": round(place * width, 9),
                "high": round((place + 1) * width, 9),
                "rows": count,
                "mean_score": float(scores[place]) / count,
                "rate": rate.value,
                "rate_low": rate.low,
                "rate_high": rate.high,
            }
        )
    return table
