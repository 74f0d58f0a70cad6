"""The loop without a cloud: the rules of verdict, retraining and gate on a stream of rows, as fast as its fits are.

The rules are the product's own (`judge`, `too_soon`, `newest_for_retraining`, `paired_gain`, `decide`); what is
left out is everything around them: drift and estimates where labels are few, quarantine, parity, slices, canaries.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.loop_stream import Floats, Stream
from functions.domain.confidence_sequence import clustered_confidence_sequence, decide
from functions.domain.dataset import as_datetime
from functions.domain.evaluation import Evaluation
from functions.domain.holdout import newest_for_retraining, newest_share, newest_to_try
from functions.domain.intervals import mean_interval
from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.paired_bootstrap import paired_gain
from functions.domain.reference import MetricValue
from functions.domain.retraining_policy import too_few_labels, too_soon
from functions.domain.training import Cause, Training
from functions.domain.verdict import Verdict, judge
from functions.domain.verdict_rules import Evidence, Predecessor
from functions.domain.windows import iso
from functions.retrain.newest_rows import MARGIN

DAY = timedelta(days=1)
RESAMPLES = 500
LIVE_AFTER = timedelta(hours=1)  # from the training's event to all of the traffic


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a stream's replayed rows came to: mean losses, and what the loop did."""

    frozen: float
    loop: float
    retrainings: int
    refused: int
    rollbacks: int


@dataclass(slots=True)
class _Version:
    number: int
    losses: Floats
    reference: MetricValue


@dataclass(slots=True)
class Loop:
    """One loop at work on a stream, a day at a time; `config` has all that model.toml says of it."""

    stream: Stream
    config: ModelConfig
    versions: list[_Version] = field(default_factory=list)
    live: int = 0  # index into `versions`
    answered: Floats = field(init=False)
    by: NDArray[np.int64] = field(init=False)  # the index of the version that answered each row
    history: list[Evaluation] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    rollbacks: int = 0

    def run(self) -> Simulated:
        """Live through the stream."""
        stream = self.stream
        cut = stream.until(newest_share(stream.time[: stream.first], self.config.train.holdout))
        frozen = stream.losses(np.arange(cut))
        self.versions = [_Version(1, frozen, _mean(frozen[cut : stream.first], self.config))]
        self.answered, self.by = frozen.copy(), np.zeros(len(frozen), dtype=np.int64)
        for at in self._days():
            self._day(at)
        judged = [one for one in self.trainings if one.judged]
        return Simulated(
            float(frozen[stream.first :].mean()),
            float(self.answered[stream.first :].mean()),
            len(judged),
            sum(one.state == "refused" for one in judged),
            self.rollbacks,
        )

    def _days(self) -> Iterator[datetime]:
        at = as_datetime(self.stream.time[self.stream.first]).replace(hour=0, minute=15, second=0, microsecond=0) + DAY
        while at <= as_datetime(self.stream.time[-1]):
            yield at
            at += DAY

    def _day(self, at: datetime) -> None:
        found = self._judged(at)
        if found.verdict == "ROLL_BACK" and self.live > 0 and self._is_borne_out(at):
            self.rollbacks += 1
            self._go_live(self.live - 1, at)
        if found.retrains:
            self._train("verdict", at)
        if at.weekday() == 0 and self.config.train.schedule != "off":
            self._train("schedule", at)

    def _judged(self, at: datetime) -> Verdict:
        config, stream, window = self.config, self.stream, self.config.evaluate.window
        end = at.replace(minute=0) - stream.delay
        rows = np.arange(max(stream.until(end - window), stream.first), stream.until(end))
        scores = {index: _mean(self.answered[rows[self.by[rows] == index]], config) for index in set(self.by[rows])}
        own = self.by[rows] == self.live
        asked = stream.until(at) - max(stream.until(at - window), stream.first)
        metric = METRICS[config.evaluate.judged_metric]
        shown = Evidence(
            metric=metric,
            live_version=str(self.live),
            rows=asked,
            labelled_rows=int(own.sum()),
            coverage=1.0 if len(rows) else None,
            score=scores.get(self.live),
            reference=self.versions[self.live].reference,
            predecessor=self._predecessor(end - window),
            estimated=None,
            estimate_error=None,
            drifted=(),
        )
        found = judge(shown, config.evaluate, self.history[-60:], at)
        self.history.append(
            Evaluation(
                model=stream.name,
                window=(iso(at - window), iso(at)),
                labelled_window=(iso(end - window), iso(end)),
                evaluated_at=iso(at),
                live_version=str(self.live),
                verdict=found.verdict,
                finding=found.finding,
                reasons=(),
                rules=found.rules,
                rows=asked,
                labelled_rows=int(own.sum()),
                versions={str(i): {"value": s.value, "low": s.low, "high": s.high} for i, s in scores.items()},
            )
        )
        return found

    def _is_borne_out(self, at: datetime) -> bool:
        """As `roll_out` follows such a verdict: the live version is worse than the one before on the very same rows."""
        known = np.arange(self.stream.until(at - self.stream.delay))
        rows = known[self.by[known] == self.live]
        if len(rows) == 0:
            return False
        worse = self.versions[self.live].losses[rows] - self.versions[self.live - 1].losses[rows]
        hours = np.unique(self.stream.seconds[rows] // 3_600, return_inverse=True)[1]
        counts, totals = np.bincount(hours), np.bincount(hours, weights=worse)
        alpha = 1 - self.config.rollout.confidence
        found = clustered_confidence_sequence(counts, totals, float((worse**2).sum()), alpha)
        return decide(found) == "harmful"

    def _predecessor(self, begin: datetime) -> Predecessor | None:
        """As `evaluate` finds it: only while both versions' windows touch."""
        for before in reversed(self.history):
            if before.live_version not in (None, str(self.live)):
                if datetime.fromisoformat(before.labelled_window[1]) < begin:
                    return None
                score = before.versions.get(str(before.live_version))
                if score is not None and score["value"] is not None:
                    return Predecessor(str(before.live_version), MetricValue(**score))
        return None

    def _train(self, cause: Cause, at: datetime) -> None:
        config, stream = self.config, self.stream
        known = stream.until(at - stream.delay)
        learnt = sum(one.labels or 0 for one in self.trainings if one.judged)
        new = known - stream.first - learnt
        deployed = as_datetime(stream.time[stream.first])
        if too_soon(cause, at, self.trainings, config, deployed) or too_few_labels(cause, new, config):
            return
        window = config.train.window
        begin = stream.first if window is None else max(stream.first, stream.until(at - window))
        log = np.arange(begin, known)
        cut = self._cut(log)
        first = np.arange(stream.first) if self._keeps_first(at) else np.arange(0)
        challenger = self._best(np.concatenate([first, np.arange(begin, cut)]), cut - begin, cut, known)
        passes = self._passes(challenger, cut, known)
        training = Training(stream.name, iso(at), cause, "bench", iso(at), step="gate", labels=new)
        self.trainings.append(training.ended("passed" if passes else "refused", (), iso(at)))
        if passes:
            self.versions.append(_Version(len(self.versions) + 1, challenger, _mean(challenger[cut:known], config)))
            self._go_live(len(self.versions) - 1, at)

    def _best(self, rows: NDArray[np.int64], of_log: int, cut: int, known: int) -> Floats:
        """The losses of the model that `retrain` would go on with: fitted on all rows, or on the newest alone."""
        config = self.config
        best = self.stream.losses(rows)
        lowest = float(best[cut:known].mean()) * (1 - MARGIN)
        for count in newest_to_try(config.train, config.gate, of_log, len(rows)):
            newest = rows[len(rows) - count :]
            losses = self.stream.losses(newest)
            if float(losses[cut:known].mean()) < lowest:
                best, lowest = losses, float(losses[cut:known].mean())
        return best

    def _cut(self, log: NDArray[np.int64]) -> int:
        """The hold-out's first row: as `snapshot` cuts it, with the rows that the gate wants where half are left."""
        config, time = self.config, self.stream.time[log]
        wanted = newest_for_retraining(time, config.train.holdout, config.evaluate.window)
        enough = as_datetime(time[len(log) - min(config.gate.min_rows, len(log) // 2)])
        return self.stream.until(min(wanted, enough))

    def _keeps_first(self, at: datetime) -> bool:
        keep = self.config.train.keep_first_s
        newest = as_datetime(self.stream.time[self.stream.first - 1])
        return keep is None or (keep > 0 and at <= newest + timedelta(seconds=keep))

    def _passes(self, challenger: Floats, cut: int, known: int) -> bool:
        """The gate's decision on the judged metric: better by min_gain, with its confidence, on rows enough."""
        gate, champion = self.config.gate, self.versions[self.live].losses
        ours, theirs = challenger[cut:known], champion[cut:known]
        if len(ours) < gate.min_rows:
            return False
        gain = paired_gain(
            lambda weights: (float(weights @ theirs) / weights.sum(), float(weights @ ours) / weights.sum()),
            "lower",
            len(ours),
            self.stream.seconds[cut:known] // 3_600,
            resamples=RESAMPLES,
            confidence=gate.confidence,
        )
        return gain.low is not None and gain.low > gate.min_gain

    def _go_live(self, index: int, at: datetime) -> None:
        self.live = index
        later = self.stream.until(at + LIVE_AFTER)
        self.answered[later:], self.by[later:] = self.versions[index].losses[later:], index


def calendar(stream: Stream, config: ModelConfig, period: timedelta) -> tuple[float, int]:
    """The mean loss of refits on the calendar, without hold-out and gate, and how many there were."""
    answered = stream.losses(np.arange(stream.until(newest_share(stream.time[: stream.first], config.train.holdout))))
    answered, at, refits = answered.copy(), as_datetime(stream.time[stream.first]) + period, 0
    while at <= as_datetime(stream.time[-1]):
        later = stream.until(at)
        answered[later:] = stream.losses(np.arange(stream.until(at - stream.delay)))[later:]
        at, refits = at + period, refits + 1
    return float(answered[stream.first :].mean()), refits


def _mean(losses: Floats, config: ModelConfig) -> MetricValue:
    return mean_interval(len(losses), float(losses.sum()), float((losses**2).sum()), config.evaluate.confidence)
