"""How to read the page: the terms that stand on it, in a sentence each."""

from collections.abc import Mapping
from typing import Any

from functions.evaluate.page.layout import facts, section
from functions.evaluate.page.markup import Html

Section = Mapping[str, Any]

_ALWAYS = {
    "Verdict": "What to do, by fixed rules. Acting takes the same finding in several windows in a row, and the same "
    "verdict is not repeated for a while, so that one odd window moves nothing.",
    "Window, labelled window": "Drift, quality and operation are of the newest window. Performance needs labels, which "
    "come later: it is of the newest window of the same length whose labels have had the time to come.",
    "Interval": "The data at hand are a sample: with the stated confidence the true value lies in here. Two values "
    "whose intervals overlap may well be the same.",
    "Reference": "What the model was trained and measured on, frozen with it; without that, the first window.",
    "PSI": "Population stability index: how far two distributions lie apart, over bins that the reference fixed. 0 is "
    "equal. Small samples lie apart by chance; the column “needed” says from which value on it counts.",
    "JS": "Jensen-Shannon distance, from 0 (equal) to 1 (nothing in common).",
    "Wasserstein": "How far values have to be moved on average to get from one distribution to the other, in standard "
    "deviations (sd) of the reference. For numbers only.",
    "q-value": "The share of false alarms among the columns that are at least as conspicuous as this one "
    "(Benjamini and Hochberg).",
    "Change of the loss": "What the drift of this column alone would do to the model's mean loss, if rows of each bin "
    "went on losing as much as they did at training. An estimate to rank by.",
}
_BY_TASK = {
    "binary": {
        "Log loss": "How surprised the model is by the truth, on average. 0 is perfect; 0.69 is a coin.",
        "Brier score": "Mean squared distance of the predicted probability from what happened.",
        "ROC AUC": "How often a positive row is scored above a negative one. 0.5 is a coin.",
        "Average precision": "Precision averaged over all thresholds that find more and more of the positives.",
        "Expected calibration error": "How far predicted probabilities are off the observed frequencies, on average.",
    },
    "multiclass": {
        "Log loss": "How surprised the model is by the truth, on average. 0 is perfect.",
        "F1, mean over classes": "Precision and recall in one number, each class counting the same.",
    },
    "regression": {
        "Mean absolute error": "How far predictions are off, on average, in units of the label.",
        "Root mean squared error": "The same, large errors counting more.",
        "R²": "The share of the variance that the model explains. 0 is as good as always saying the mean.",
        "Mean error": "Predicted minus true: above 0 the model says too much.",
    },
}


def glossary(report: Section) -> Html:
    return section("reading", "How to read this page", facts({**_ALWAYS, **_BY_TASK[report["task"]]}.items()))
