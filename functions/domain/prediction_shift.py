"""How differently two models answer the same rows, whether labels have come or not."""

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Task
from functions.domain.drift_distances import population_stability_index
from functions.domain.homogeneity import pooled
from functions.domain.paired_scores import Answers
from functions.domain.significant import significant

CELLS = 10
LEAST_ROWS = 100
DIGITS = 9


def prediction_psi(task: Task, champion: Answers, challenger: Answers) -> float | None:
    """The population stability index of the challenger's answers against the champion's; None for too few rows.

    Over tenths of the champion's own scores (a classifier's of two classes, or a regression's values), or over the
    predicted classes.
    """
    if len(champion.predicted) < LEAST_ROWS:
        return None
    first, second = (_scores(task, answers) for answers in (champion, challenger))
    if first is None or second is None:
        first, second = champion.predicted.astype(np.float64), challenger.predicted.astype(np.float64)
        edges = np.unique(np.concatenate([first, second]))[1:]
    else:
        edges = np.unique(np.quantile(first, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
    return significant(population_stability_index(pooled(_counts(first, edges), _counts(second, edges))), DIGITS)


def _scores(task: Task, answers: Answers) -> NDArray[np.float64] | None:
    if task == "regression":
        return answers.predicted.astype(np.float64)
    return answers.probabilities if task == "binary" else None


def _counts(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many values lie below the first edge, between each two, and from the last one up."""
    places = np.searchsorted(edges, values, side="right")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.float64)
