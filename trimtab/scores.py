"""How right answers were, where the truth is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.contract import Task


def scores(
    task: Task, positive: object, truth: Sequence[str], predictions: Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """Metrics of answers against the truth as a file spells it.

    Binary: accuracy, and where both classes occur ROC AUC and log loss of the positive class's probability.
    Multiclass: accuracy. Regression: MAE, RMSE and R².
    """
    from sklearn import metrics  # takes over a second to import

    if task == "regression":
        actual = [float(value) for value in truth]
        predicted = [float(answer["label"]) for answer in predictions]
        return {
            "mae": metrics.mean_absolute_error(actual, predicted),
            "rmse": metrics.root_mean_squared_error(actual, predicted),
            "r2": metrics.r2_score(actual, predicted) if len(actual) > 1 else float("nan"),
        }
    actual_classes = [_spelling(value) for value in truth]
    right = [_spelling(answer["label"]) == value for answer, value in zip(predictions, actual_classes, strict=True)]
    found = {"accuracy": sum(right) / len(right)}
    is_positive = [value == _spelling(positive) for value in actual_classes]
    if task == "binary" and 0 < sum(is_positive) < len(is_positive):
        probability = [answer["probability"] for answer in predictions]
        found["roc_auc"] = metrics.roc_auc_score(is_positive, probability)
        found["log_loss"] = metrics.log_loss(is_positive, probability)
    return found


def _spelling(value: object) -> str:
    """One spelling for a class, however a file writes it: `1`, `1.0`, `true` and `True` are the same."""
    text = str(value).strip()
    text = {"true": "1", "false": "0"}.get(text.lower(), text)
    try:
        return repr(float(text))
    except ValueError:
        return text
