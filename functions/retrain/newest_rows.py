"""`[train] window = "auto"`: whether a model does better that learns from the newest rows alone.

Where what was true has ceased to be so, older rows only mislead; where it has not, the more rows the better. The
hold-out decides, which is newer than all of them.
"""

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from functions.adapters.model_settings import ModelSettings
from functions.domain.answers import Answers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Class
from functions.domain.holdout import Split
from functions.domain.holdout_metrics import beside_truth
from functions.retrain.progress import Progress
from functions.retrain.roads import Trained

# By how much the mean loss must be lower. A choice between models on the rows that judge the winner flatters it; this
# is far more than such a choice gains by chance on a hold-out of a few hundred rows.
MARGIN = 0.2


def better_rows(
    trained: Trained, parts: Split, refit: Callable[[Split], Trained], settings: ModelSettings, report: Progress
) -> tuple[Trained, Split]:
    """The model to go on with, and the rows that it was fitted on: all of `parts`, or one of `parts.newest_to_try`.

    `trained` is fitted on all. Without an original that answers here there is nothing to compare, and it stays.

    Raises:
        ModelFolderError: an answer to the hold-out is no finite number.
    """
    loss = _loss(trained, parts, settings) if parts.newest_to_try else None
    if loss is None:
        return trained, parts
    best, lowest = (trained, parts), loss * (1 - MARGIN)
    for count in parts.newest_to_try:
        newest = parts.newest(count)
        if settings.model.task != "regression" and _classes(newest) != _classes(parts):
            continue
        again = refit(newest)
        loss = _loss(again, newest, settings)
        if loss is not None and loss < lowest:
            best, lowest = (again, newest), loss
    if best[1] is not parts:
        report(f"the newest {len(best[1].fit):,} rows alone predict the hold-out better: learnt from these")
    return best


def _loss(trained: Trained, parts: Split, settings: ModelSettings) -> float | None:
    """The mean loss on the hold-out: log loss, wrong classes where there are no probabilities, or absolute errors."""
    classes, holdout = trained.classes, parts.holdout
    if trained.original is None or (classes is None and settings.model.task != "regression"):
        return None
    with threadpool_limits(limits=1):  # as at fitting
        answers = trained.original.answers(client_tensors(holdout.features, holdout.columns))
    return float(beside_truth(holdout.labels, _of_all_classes(answers, classes), classes, None).losses.mean())


def _of_all_classes(answers: Answers, classes: tuple[Class, ...] | None) -> Answers:
    """One column of scores for a binary model is the second class's."""
    scores = answers.scores
    if scores is None or classes is None or scores.shape[1] == len(classes):
        return answers
    return Answers(np.column_stack([1 - scores, scores]), answers.labels)


def _classes(parts: Split) -> set[str]:
    return set(parts.fit.labels.astype(str).tolist())
