"""How well scores rank positives above negatives: ROC AUC and average precision, with their variances.

From groups of equal scores, so from counts; counts may be fractions (expected ones). With groups that hold unequal
scores (a bin each) the results are off by at most what `…_bound` says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreGroups:
    """Distinct scores in ascending order [groups], and how many positives and negatives have each."""

    scores: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, scores: Floats, positives: NDArray[np.generic], negatives: NDArray[np.generic]) -> "ScoreGroups":
        """Groups of entries that may repeat scores and come in any order."""
        scores = np.asarray(scores, dtype=np.float64)
        if bool(np.all(scores[1:] > scores[:-1])):
            return cls(scores, positives.astype(np.float64), negatives.astype(np.float64))
        distinct, place = np.unique(scores, return_inverse=True)
        count = len(distinct)
        return cls(
            distinct,
            np.bincount(place, weights=positives.astype(np.float64), minlength=count),
            np.bincount(place, weights=negatives.astype(np.float64), minlength=count),
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking's statistic and its variance; None where a class is missing."""

    value: float | None
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Rankings:
    """Both statistics of the same groups."""

    roc_auc: Ranking
    average_precision: Ranking


def rankings(groups: ScoreGroups) -> Rankings:
    """Both statistics."""
    return Rankings(roc_auc(groups), average_precision(groups))


def roc_auc(groups: ScoreGroups) -> Ranking:
    """Area under the ROC curve: the share of pairs of a positive and a negative that are in order; ties count half.

    Its variance is that of DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), p. 837, exact from groups.
    """
    p, n = groups.positives, groups.negatives
    positives, negatives = float(p.sum()), float(n.sum())
    if positives <= 0 or negatives <= 0:
        return Ranking(None)
    below = (np.cumsum(n) - n / 2) / negatives  # of each positive: the share of negatives that it is above
    above = (positives - np.cumsum(p) + p / 2) / positives  # of each negative: the share of positives above it
    area = float(p @ below) / positives
    variance = 0.0
    if positives > 1 and negatives > 1:
        variance += float(p @ (below - area) ** 2) / (positives - 1) / positives
        variance += float(n @ (above - area) ** 2) / (negatives - 1) / negatives
    return Ranking(area, variance)


def roc_auc_bound(groups: ScoreGroups) -> float:
    """How far off the area can be where groups are bins: all pairs within a bin are in order, or none is."""
    p, n = groups.positives, groups.negatives
    pairs = float(p.sum()) * float(n.sum())
    return float(p @ n) / (2 * pairs) if pairs > 0 else 0.0


def average_precision(groups: ScoreGroups) -> Ranking:
    """Area under the precision-recall curve as a sum of steps: the mean over positives of the precision at their score.

    Its variance is the infinitesimal jackknife's (Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans,
    chapter 6): the sum over rows of the squared derivative with respect to the row's weight.
    """
    p, n = groups.positives, groups.negatives
    positives = float(p.sum())
    if positives <= 0:
        return Ranking(None)
    true, false = _from_above(p), _from_above(n)
    called = true + false
    held = np.where(called > 0, called, 1.0)  # groups without rows above them add nothing
    precision = true / held
    share = p / positives
    average = float(share @ precision)
    more_positives = (precision - average) / positives + np.cumsum(share * false / held**2)
    more_negatives = -np.cumsum(share * true / held**2)
    variance = float(p @ more_positives**2 + n @ more_negatives**2) if n.any() else 0.0
    return Ranking(average, variance)


def average_precision_bound(groups: ScoreGroups) -> float:
    """How far off it can be where groups are bins: each bin's positives all come first, or its negatives do."""
    p, n = groups.positives, groups.negatives
    positives, average = float(p.sum()), average_precision(groups).value
    if average is None:
        return 0.0
    true, false = _from_above(p), _from_above(n)
    split = (p > 0) & (n > 0)
    before = np.where(split, false - n, false)
    first = np.where(true + before > 0, true + before, 1.0)
    best = float(p @ (true / first)) / positives
    # The first of a group's positives has the lowest precision when all its negatives come before it.
    lowest = np.where(split, true - p + np.minimum(p, 1.0), true)
    last = np.where(lowest + false > 0, lowest + false, 1.0)
    worst = float(p @ (lowest / last)) / positives
    return max(best - average, average - worst, 0.0)


def _from_above(counts: Floats) -> Floats:
    """Of each group: how many have its score or a higher one."""
    summed: Floats = np.cumsum(counts[::-1])[::-1]
    return summed
