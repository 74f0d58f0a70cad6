"""Whether something happens more often than by a known chance, when one looks again and again."""

import math
from collections.abc import Sequence


def log_e_value(trials: Sequence[tuple[int, int, float]], odds: Sequence[float]) -> float:
    """The logarithm of the evidence against "it happens by this chance, or less".

    Each of `trials` is (hits, trials, chance of a hit) of a stretch of time. The evidence is the likelihood ratio of a
    chance whose odds are so many times larger (`odds`, each above 1), mean over them: a supermartingale that starts at
    1, so that the chance that it ever reaches 1 / alpha is at most alpha (Ville's inequality; Robbins 1970,
    Statistical methods related to the law of the iterated logarithm, Annals of Mathematical Statistics 41(5), p. 1397;
    Ramdas et al. 2023, Game-theoretic statistics and safe anytime-valid inference, Statistical Science 38(4), p. 576).

    Raises:
        ValueError: more hits than trials, odds that are not above 1, or none.
    """
    if not odds or any(not ratio > 1 for ratio in odds):
        raise ValueError(f"the alternatives are odds above 1: {odds}")
    ratios = [0.0] * len(odds)
    for hits, tried, chance in trials:
        if not 0 <= hits <= tried:
            raise ValueError(f"{hits} hits in {tried} trials")
        if not 0 < chance < 1:
            continue  # nothing can be learnt where it always or never happens
        for place, ratio in enumerate(odds):
            # p1 = chance ratio / (1 + chance (ratio - 1)); a hit counts p1 / chance, a miss (1 - p1) / (1 - chance)
            ratios[place] += hits * math.log(ratio) - tried * math.log1p(chance * (ratio - 1))
    most = max(ratios)
    return most + math.log(sum(math.exp(value - most) for value in ratios) / len(odds))
