"""The metrics that models are judged by: their names, which direction is better, and which tasks have them.

Names are scikit-learn's where it has the metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from functions.domain.contract import Task

Better = Literal["lower", "higher", "zero"]


@dataclass(frozen=True, slots=True)
class MetricName:
    """`better` says which way is good; `title` is for people; `proportion` where its values lie between 0 and 1."""

    name: str
    better: Better
    title: str
    proportion: bool = False


_ALL = (
    MetricName("log_loss", "lower", "Log loss"),
    MetricName("brier_score", "lower", "Brier score", True),
    MetricName("roc_auc", "higher", "ROC AUC", True),
    MetricName("average_precision", "higher", "Average precision (PR AUC)", True),
    MetricName("accuracy", "higher", "Accuracy", True),
    MetricName("f1", "higher", "F1 of the positive class", True),
    MetricName("f1_macro", "higher", "F1, mean over classes", True),
    MetricName("calibration_error", "lower", "Expected calibration error", True),
    MetricName("mae", "lower", "Mean absolute error"),
    MetricName("rmse", "lower", "Root mean squared error"),
    MetricName("r2", "higher", "R²"),
    MetricName("bias", "zero", "Mean error (predicted minus true)"),
)
METRICS: Mapping[str, MetricName] = {metric.name: metric for metric in _ALL}

# In the order of reports; the first is the one that verdicts are about, where model.toml names none.
TASK_METRICS: Mapping[Task, tuple[str, ...]] = {
    "binary": ("log_loss", "brier_score", "roc_auc", "average_precision", "accuracy", "f1", "calibration_error"),
    "multiclass": ("log_loss", "accuracy", "f1_macro"),
    "regression": ("mae", "rmse", "r2", "bias"),
}
