"""How often each sender's labels are flipped, relative to what the others' labels say of the same scores.

The scores are out of sample: a logged row was answered before its label came. A row whose true class is j with the
chance q[j] is seen as g with the chance sum over j of q[j] flip[j, g]; each sender has a rate of flips for each true
class, by maximum likelihood (EM, as Dawid and Skene 1979, Applied Statistics 28(1), p. 20, with the model in the place
of the other observers). What everybody's labels do alike, such as a changed concept, is in q and accuses nobody.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from functions.domain.chi_squared import quantile
from functions.domain.sender_calibration import Floats, Ints, calibrated_without

LEAST_LABELS = 100  # of a sender, before anything is said of it; the others together must have more than it
FEW_SENDERS = (
    4  # with fewer, what senders differ by is not known: only labels that are mostly false are held against one
)
MATERIAL = 0.03  # share of flipped labels above the others' median, below which a sender is left alone
SURE = 0.999  # of all senders together
MOSTLY_FALSE = 0.5  # share of flipped labels from which on a label is rather false than right
_DEVIATIONS = 1.96  # of the limits
_STEPS, _CONVERGED = 300, 1e-5
_PRIOR = 2.0  # rows of each class that a sender is taken to have labelled rightly


@dataclass(frozen=True, slots=True)
class SenderNoise:
    """A sender's share of flipped labels with its 95 % limits, and what is held of it.

    `flips` are rates by true class; `evidence` the likelihood ratio, in units in which the median sender has 1 or less.
    """

    sender: int
    labels: int
    rate: float
    low: float
    high: float
    flips: tuple[float, ...]
    evidence: float
    out_of_line: bool

    @property
    def takes_all(self) -> bool:
        """Whether labels of the sender are surely more often false than right."""
        return self.low >= MOSTLY_FALSE


@dataclass(frozen=True, slots=True)
class NoiseFindings:
    """Of each sender with enough labels; of each row [rows] of one out of line, the chance that its label is false."""

    senders: tuple[SenderNoise, ...]
    posterior: Floats

    @property
    def usual(self) -> float:
        """The median sender's share of flipped labels, of those that were judged."""
        return median(sender.rate for sender in self.senders) if self.senders else 0.0


def sender_noise(chances: Floats, given: Ints, senders: Ints, periods: Ints | None = None) -> NoiseFindings:
    """From the model's chances [rows, classes], the labels' classes [rows] and who sent them [rows].

    Senders are compared with the others who are in line; so it is done again until no more are out of line. `periods`
    [rows] numbers stretches of time (days) whose common drift accuses nobody either. One sender alone cannot be
    compared, and one who sent half of all labels or more is what the others are compared with.
    """
    numbers = np.unique(senders)
    trusted = np.ones(len(given), bool)
    out: set[int] = set()
    for _ in range(len(numbers)):
        clean = calibrated_without(chances, given, senders, periods, trusted)
        found = _judge(clean, given, senders, numbers.tolist())
        now = {sender.sender for sender in found if sender.out_of_line}
        if now <= out:
            break
        out |= now
        trusted = ~np.isin(senders, sorted(out))
    posterior = np.zeros(len(given))
    for sender in found:
        if sender.out_of_line:
            theirs = senders == sender.sender
            posterior[theirs] = _posterior(clean[theirs], given[theirs], np.array(sender.flips))
    return NoiseFindings(tuple(found), posterior)


def _judge(clean: Floats, given: Ints, senders: Ints, numbers: Sequence[int]) -> list[SenderNoise]:
    classes = clean.shape[1]
    estimates, weights = [], []
    for number in numbers:
        theirs = senders == number
        if LEAST_LABELS <= int(theirs.sum()) < int((~theirs).sum()):
            estimates.append((number, _estimate(clean[theirs], given[theirs])))
            weights.append(int(theirs.sum()))
    if not estimates:
        return []
    rest = len(given) - sum(weights)  # of a sender with most of the labels, and of those with too few
    # What the median label's sender has, honest ones differ by: whom they serve differs too. As genomic control scales
    # tests (Devlin and Roeder 1999, Biometrics 55(4), p. 997).
    scale = max(1.0, _median([e.ratio for _, e in estimates], weights, rest) / quantile(0.5, classes))
    bound = quantile(1 - (1 - SURE) / len(estimates), classes)
    usual = _median([e.rate for _, e in estimates], weights, rest)
    found = []
    for number, e in estimates:
        low, high = e.limits(scale)
        sure = e.ratio / scale > bound and low > usual and e.rate - usual >= MATERIAL
        sure = sure and (len(numbers) >= FEW_SENDERS or low >= MOSTLY_FALSE)
        found.append(SenderNoise(number, e.rows, e.rate, low, high, tuple(e.flips.tolist()), e.ratio / scale, sure))
    return found


def _median(values: Sequence[float], weights: Sequence[int], rest: int) -> float:
    """The weighted median; `rest` is the weight of what is taken to be 0."""
    half, seen = (sum(weights) + rest) / 2, float(rest)
    if seen > half:
        return 0.0
    for value, weight in sorted(zip(values, weights, strict=True)):
        seen += weight
        if seen >= half:
            return value
    return max(values)


@dataclass(frozen=True, slots=True)
class _Estimate:
    """Rates of flips by true class [classes], the share of flipped labels, its variance, and the likelihood ratio."""

    rows: int
    flips: Floats
    rate: float
    variance: float
    ratio: float

    def limits(self, scale: float) -> tuple[float, float]:
        reach = _DEVIATIONS * math.sqrt(self.variance * scale)
        return max(0.0, self.rate - reach), min(1.0, self.rate + reach)


def _estimate(clean: Floats, given: Ints) -> _Estimate:
    rows, classes = clean.shape
    flips = np.full(classes, 0.05)
    before = clean[np.arange(rows), given]
    for _ in range(_STEPS):
        false = _false_joint(clean, given, flips)
        seen = false.sum(axis=1) + before * (1 - flips[given])
        moved = (false / seen[:, None]).sum(axis=0)  # by true class: labels that were flipped away from it
        kept = np.bincount(given, weights=before * (1 - flips[given]) / seen, minlength=classes)
        updated = moved / (moved + kept + _PRIOR)
        change = float(np.max(np.abs(updated - flips)))
        flips = updated
        if change < _CONVERGED:
            break
    seen = _false_joint(clean, given, flips).sum(axis=1) + before * (1 - flips[given])
    shares = clean.mean(axis=0)  # of the true classes
    return _Estimate(
        rows,
        flips,
        float(shares @ flips),
        float(shares @ np.linalg.solve(_information(clean, given, flips, seen), shares)),
        max(2 * float(np.sum(np.log(seen / before))), 0.0),
    )


def _information(clean: Floats, given: Ints, flips: Floats, seen: Floats) -> Floats:
    """The observed information of the rates [classes, classes]: the sum of the squared slopes of log `seen`, which is
    linear in them, and what the prior knows."""
    slopes = clean / (clean.shape[1] - 1)
    slopes[np.arange(len(given)), given] = -clean[np.arange(len(given)), given]
    slopes /= seen[:, None]
    information: Floats = slopes.T @ slopes + np.diag(_PRIOR / (1 - flips) ** 2)
    return information


def _false_joint(clean: Floats, given: Ints, flips: Floats) -> Floats:
    """The chance of each true class together with the given label, where they differ [rows, classes]."""
    joint: Floats = clean * (flips / (clean.shape[1] - 1))
    joint[np.arange(len(given)), given] = 0.0
    return joint


def _posterior(clean: Floats, given: Ints, flips: Floats) -> Floats:
    false = _false_joint(clean, given, flips).sum(axis=1)
    right = clean[np.arange(len(given)), given] * (1 - flips[given])
    posterior: Floats = false / np.maximum(false + right, 1e-300)
    return posterior
