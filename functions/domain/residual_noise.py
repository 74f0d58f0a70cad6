"""A regression's labels that are far off, from a sender with whom that happens more often than with the others."""

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from functions.domain.chi_squared import quantile

LEAST_LABELS = 100
MATERIAL = 0.03  # share of labels far off above the others', below which a sender is left alone
SURE = 0.999  # of all senders together
FAR = 4.0  # robust standard deviations from the others' median residual
_TAKES_ALL = 0.5
_TO_DEVIATIONS = 1.4826  # a normal distribution's standard deviation in units of its median absolute deviation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ResidualNoise:
    """A sender, the shares of its and of the others' labels that are far off, and which of its rows are `false`."""

    sender: int
    labels: int
    rate: float
    others: float
    rows: Ints


def residual_noise(residuals: Floats, senders: Ints) -> list[ResidualNoise]:
    """From residuals, predicted minus true, of a model that had not seen the labels [rows], and who sent them [rows].

    A residual is far off by FAR robust deviations (Hampel 1974, The influence curve and its role in robust estimation,
    JASA 69, p. 383) of the other senders' residuals about their median. The likelihood ratio of the sender's rate
    against the others', scaled so that the median sender has 1, says whether it is out of line. A sender of which half
    of the labels are far off loses all of them.
    """
    numbers = np.unique(senders)
    found = []
    for number in numbers.tolist():
        theirs = senders == number
        if min(int(theirs.sum()), int((~theirs).sum())) >= LEAST_LABELS:
            found.append((number, theirs, *_far_off(residuals, theirs)))
    if not found:
        return []
    ratios = [_ratio(far[theirs], others) for _, theirs, far, others in found]
    scale = max(1.0, median(ratios) / quantile(0.5, 1))
    bound = quantile(1 - (1 - SURE) / len(found), 1)
    noisy = []
    for (number, theirs, far, others), ratio in zip(found, ratios, strict=True):
        rate = float(far[theirs].mean())
        if ratio / scale > bound and rate - others >= MATERIAL:
            rows = np.flatnonzero(theirs if rate >= _TAKES_ALL else theirs & far)
            noisy.append(ResidualNoise(number, int(theirs.sum()), rate, others, rows))
    return noisy


def _far_off(residuals: Floats, theirs: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float]:
    """Which rows are far off by the others' measure [rows], and what share of the others' rows is."""
    others = residuals[~theirs]
    centre = float(np.median(others))
    deviation = _TO_DEVIATIONS * float(np.median(np.abs(others - centre)))
    far = np.abs(residuals - centre) > FAR * deviation if deviation > 0 else residuals != centre
    return far, float(far[~theirs].mean())


def _ratio(far: NDArray[np.bool_], others: float) -> float:
    rows, hits = len(far), int(far.sum())
    usual = min(max(others, 0.5 / rows), 1 - 0.5 / rows)
    rate = min(max(hits / rows, usual), 1 - 0.5 / rows)  # fewer than usual accuses nobody
    return 2 * float(hits * np.log(rate / usual) + (rows - hits) * np.log((1 - rate) / (1 - usual)))
