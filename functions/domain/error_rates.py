"""Whether a canary fails more often, or answers more slowly, than the champion that runs beside it.

Both are valid under repeated looks: the evidence is an e-value, which may be looked at after every minute, and the
chance that it ever convicts a canary that is no worse is at most alpha. Both compare the two releases over the same
stretches of time (`periods`): what comes with the hour meets both.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from functions.domain.sequential_binomial import log_e_value

ALPHA = 0.05
RATE_RATIOS = (1.5, 2.0, 4.0, 10.0, 100.0)  # of error rates: from "hardly worse" to "all fail"
SLOWER_ODDS = (1.5, 3.0, 9.0, 99.0)  # of a period in which the canary is too slow: from 6 in 10 to 99 in 100
LEAST_REQUESTS = 20  # a period with fewer has no 95th percentile of its own: it would be about its slowest request


@dataclass(frozen=True, slots=True)
class Requests:
    """What a release did in a period."""

    count: int
    errors: int


@dataclass(frozen=True, slots=True)
class ErrorFinding:
    """Error rates over all periods (None without requests), and whether the canary's is higher."""

    champion: float | None
    challenger: float | None
    higher: bool
    log_evidence: float


def errors_higher(periods: Sequence[tuple[Requests, Requests]], alpha: float = ALPHA) -> ErrorFinding:
    """Each period is (champion, challenger).

    The conditional binomial test (Przyborowski and Wilenski 1940, Homogeneity of results in testing samples from
    Poisson series, Biometrika 31, p. 313), made sequential: who answers a request is drawn at random, so if the release
    makes no difference, each error is the challenger's with the chance that is its share of the period's requests. That
    share is taken as it came out and not as the alias has it. A period in which but one of both was asked says nothing
    alone: it is put together with the next ones, until both were.

    Raises:
        ValueError: more errors than requests.
    """
    trials = []
    for champion, challenger in _with_both(periods):
        share = challenger.count / (champion.count + challenger.count)
        trials.append((challenger.errors, champion.errors + challenger.errors, share))
    evidence = log_e_value(trials, RATE_RATIOS)
    return ErrorFinding(
        champion=_rate([champion for champion, _ in periods]),
        challenger=_rate([challenger for _, challenger in periods]),
        higher=evidence >= -math.log(alpha),
        log_evidence=evidence,
    )


def _with_both(periods: Sequence[tuple[Requests, Requests]]) -> Iterator[tuple[Requests, Requests]]:
    """Stretches of neighbouring periods in which both were asked, each as short as that allows."""
    champion = challenger = Requests(0, 0)
    for one, other in periods:
        if one.errors > one.count or other.errors > other.count:
            raise ValueError(f"more errors than requests: {one}, {other}")
        champion = Requests(champion.count + one.count, champion.errors + one.errors)
        challenger = Requests(challenger.count + other.count, challenger.errors + other.errors)
        if champion.count and challenger.count:
            yield champion, challenger
            champion = challenger = Requests(0, 0)


def _rate(parts: Sequence[Requests]) -> float | None:
    count = sum(part.count for part in parts)
    return sum(part.errors for part in parts) / count if count else None


@dataclass(frozen=True, slots=True)
class Latency:
    """What CloudWatch keeps of a release's latencies in a period: their number, mean and 95th percentile."""

    count: int
    mean_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class LatencyFinding:
    """`mean_ratio` is of the means over all requests, `p95_ratio` the median of the periods' ratios (challenger's by
    champion's; None without comparable periods); `slower` whether the canary is slower than tolerated."""

    mean_ratio: float | None
    p95_ratio: float | None
    periods: int
    slower: bool
    log_evidence: float


def latency_slower(
    periods: Sequence[tuple[Latency, Latency]], tolerated: float, alpha: float = ALPHA
) -> LatencyFinding:
    """Whether the challenger's 95th percentile is above `tolerated` times the champion's.

    Each period is (champion, challenger). Percentiles of several periods cannot be put together to one of all, and a
    mean without a variance has no interval: such aggregates allow neither. What they do allow is a sign test (Dixon and
    Mood 1946, The statistical sign test, JASA 41, p. 557) over periods, made sequential: a canary that is within what
    is tolerated is beyond it in at most every other period, as the percentiles of its few requests go up and down.
    Periods in which either release has fewer than LEAST_REQUESTS requests say nothing.

    Raises:
        ValueError: `tolerated` is not positive.
    """
    if not tolerated > 0:
        raise ValueError(f"a tolerated ratio of latencies is positive, and {tolerated} is not")
    compared = [
        (champion, challenger)
        for champion, challenger in periods
        if min(champion.count, challenger.count) >= LEAST_REQUESTS and champion.p95_ms > 0 and champion.mean_ms > 0
    ]
    if not compared:
        return LatencyFinding(None, None, 0, False, 0.0)
    beyond = sum(challenger.p95_ms > tolerated * champion.p95_ms for champion, challenger in compared)
    evidence = log_e_value([(beyond, len(compared), 0.5)], SLOWER_ODDS)
    return LatencyFinding(
        mean_ratio=_mean([b for _, b in compared]) / _mean([a for a, _ in compared]),
        p95_ratio=median(challenger.p95_ms / champion.p95_ms for champion, challenger in compared),
        periods=len(compared),
        slower=evidence >= -math.log(alpha),
        log_evidence=evidence,
    )


def _mean(parts: Sequence[Latency]) -> float:
    return sum(part.count * part.mean_ms for part in parts) / sum(part.count for part in parts)
