"""Champion and challenger on the same labelled rows, paired: what both say, and what their metrics are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.domain.binary_metrics import CALIBRATION_BINS, calibration_bin
from functions.domain.contract import Task
from functions.domain.correction_config import GateConfig
from functions.domain.dataset import Column, Dataset
from functions.domain.metric_names import METRICS, TASK_METRICS
from functions.domain.paired_bootstrap import RESAMPLES, Gain, paired_gain
from functions.domain.paired_scores import Answers, paired_score
from functions.domain.significant import significant
from functions.gate.scoring import UNKNOWN, ScoringModel, all_classes, truth_of

LEAST_SHARE = 3  # a slice needs a third of the rows that the whole comparison does
MOST_VALUES = 50  # of a slice: the most frequent ones
DIGITS = 9
UNDEFINED = Gain(None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Pair:
    """Labelled rows with both models' answers. `hours` [rows] says which rows may depend on each other."""

    task: Task
    rows: Dataset
    truth: NDArray[np.generic]
    champion: Answers
    challenger: Answers
    hours: NDArray[np.int64] | None

    @classmethod
    def of(cls, rows: Dataset, champion: ScoringModel, challenger: ScoringModel) -> "Pair":
        """Both models' answers to rows; those of a class that neither knows are left out."""
        classes = all_classes((champion, challenger))
        truth = truth_of(rows.labels, challenger.contract, classes)
        if challenger.contract.task == "multiclass" and (truth == UNKNOWN).any():
            rows, truth = rows.take(truth != UNKNOWN), truth[truth != UNKNOWN]
        hours = None if rows.time is None else rows.time.astype("datetime64[h]").astype(np.int64)
        first, second = (model.answers(rows.columns, classes) for model in (champion, challenger))
        return cls(challenger.contract.task, rows, truth, first, second, hours)

    def __len__(self) -> int:
        return len(self.truth)

    def gain(self, metric: str, config: GateConfig, seed: int = 0) -> Gain:
        """The challenger's gain; a metric that one of the models has not (of probabilities) is not defined."""
        if not len(self):
            return UNDEFINED
        try:
            score = paired_score(self.task, metric, self.truth, self.champion, self.challenger)
        except ValueError:
            return UNDEFINED
        better = METRICS[metric].better
        return paired_gain(
            score, better, len(self), self.hours, resamples=RESAMPLES, confidence=config.confidence, seed=seed
        )

    def metrics(self) -> dict[str, dict[str, float | None]]:
        """Each metric that both have: {metric: {champion, challenger}}, None where not defined; of no rows none."""
        found: dict[str, dict[str, float | None]] = {}
        for metric in TASK_METRICS[self.task] if len(self) else ():
            try:
                score = paired_score(self.task, metric, self.truth, self.champion, self.challenger)
                values = score(np.ones(len(self)))
            except ValueError:
                continue
            names = ("champion", "challenger")
            found[metric] = {name: significant(v, DIGITS) for name, v in zip(names, values, strict=True)}
        return found

    def take(self, chosen: NDArray[np.bool_]) -> "Pair":
        """The rows of a mask."""
        hours = None if self.hours is None else self.hours[chosen]
        first, second = (taken(answers, chosen) for answers in (self.champion, self.challenger))
        return Pair(self.task, self.rows.take(chosen), self.truth[chosen], first, second, hours)


def slice_gains(
    pair: Pair, features: tuple[str, ...], metric: str, config: GateConfig, seed: int
) -> dict[tuple[str, str], tuple[int, Gain]]:
    """Of each slice with enough rows: how many, and the challenger's gain on them; by (feature, value as text)."""
    found: dict[tuple[str, str], tuple[int, Gain]] = {}
    for feature in features:
        for value, chosen in _values(pair.rows.columns[feature], config.min_rows // LEAST_SHARE):
            part = pair.take(chosen)
            found[feature, value] = (len(part), part.gain(metric, config, seed))
    return found


def calibration_errors(pair: Pair) -> tuple[float, float] | None:
    """The expected calibration error of both; None where one of them answers no probabilities.

    Of two classes it is that of the positive one's probability, of several that of the predicted one's (Guo et al.
    2017, On calibration of modern neural networks, ICML, eq. 3). Bins are those of the reports.
    """
    if pair.champion.probabilities is None or pair.challenger.probabilities is None or not len(pair):
        return None
    return _calibration_error(pair, pair.champion), _calibration_error(pair, pair.challenger)


def _calibration_error(pair: Pair, answers: Answers) -> float:
    chances = np.asarray(answers.probabilities)
    if chances.ndim == 1:
        hits = pair.truth.astype(np.float64)
    else:
        chances, hits = chances.max(axis=1), (pair.truth == answers.predicted).astype(np.float64)
    off = np.bincount(calibration_bin(chances), weights=hits - chances, minlength=CALIBRATION_BINS)
    return float(np.sum(np.abs(off))) / len(hits)


def _values(column: Column, least: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The values that enough rows have, the most frequent first, and which rows those are."""
    texts = column.astype(str)
    values, counts = np.unique(texts, return_counts=True)
    for place in np.argsort(-counts, kind="stable")[:MOST_VALUES]:
        if counts[place] >= max(least, 1):
            yield str(values[place]), texts == values[place]


def taken(answers: Answers, chosen: NDArray[np.bool_]) -> Answers:
    """The answers to the rows of a mask."""
    chances = answers.probabilities
    return Answers(answers.predicted[chosen], None if chances is None else chances[chosen])


def rows_document(pair: Pair) -> Mapping[str, object]:
    """How many rows, and from when to when, for the decision's document."""
    time = pair.rows.time
    if time is None or not len(time):
        return {"rows": len(pair), "first": None, "last": None}
    first, last = (f"{np.datetime_as_string(at, unit='s')}Z" for at in (time[0], time[-1]))
    return {"rows": len(pair), "first": first, "last": last}
