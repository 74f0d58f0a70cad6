"""What the page calls things: verdicts, rules and columns, in words for someone who was not there."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """`sign` and `kind` go with a verdict wherever it is shown, so that it is known without its colour."""

    title: str
    sign: str
    kind: str
    meaning: str


VERDICTS: Mapping[str, VerdictWords] = {
    "KEEP": VerdictWords("Keep", "✓", "keep", "The model stays as it is."),
    "RETRAIN": VerdictWords("Retrain", "▲", "retrain", "Fit the model anew, on data that are like today's."),
    "ROLL_BACK": VerdictWords(
        "Roll back", "◀", "roll-back", "Bring back the version that was live before: the present one does worse."
    ),
    "NOT_ENOUGH_EVIDENCE": VerdictWords(
        "Not enough evidence", "?", "unknown", "This window does not hold enough to say how the model is doing."
    ),
}

RULES: Mapping[str, str] = {
    "worse_than_predecessor": "Worse than the version before",
    "worse_than_reference": "Worse than at training",
    "estimated_worse": "Estimated to be worse than at training",
    "costly_drift": "The data have moved, at a cost",
    "performance_holds": "Performance holds",
    "estimate_holds": "Estimated performance holds",
    "too_few_rows": "Too few predictions",
    "too_few_labels": "Too few labels",
    "no_reference": "Nothing to compare with",
    "waits_for_more": "Waiting for the next window to confirm",
    "cools_down": "Said already, and cooling down",
}

NUMBERS: Mapping[str, str] = {
    "value": "this window",
    "low": "interval from",
    "high": "interval to",
    "reference": "compared with",
    "worse_by": "worse by",
    "tolerance": "allowed",
    "labelled": "labelled",
    "needed": "needed",
    "coverage": "label coverage",
    "rows": "predictions",
    "consecutive": "in a row",
    "estimate_error": "mean error of estimates",
    "psi": "PSI",
    "cost_share": "change of the loss",
}
SHARES = frozenset({"worse_by", "tolerance", "coverage", "cost_share"})

OUTPUTS: Mapping[str, str] = {
    "prediction": "predicted class",
    "score": "predicted probability",
    "label": "true class",
    "target": "true value",
}

DIRECTIONS: Mapping[str, str] = {"lower": "lower is better", "higher": "higher is better", "zero": "zero is best"}


def verdict_words(name: str) -> VerdictWords:
    """The words of a verdict.

    Raises:
        KeyError: there is no such verdict.
    """
    return VERDICTS[name]


def output_name(column: str, task: str) -> str:
    """A column of the model's answers or of the truth, in words."""
    return "predicted value" if (column, task) == ("score", "regression") else OUTPUTS.get(column, column)


def version_name(version: str | None) -> str:
    """`version 3` for a number of our own, else the name that its sender gave."""
    if version is None:
        return "unknown version"
    return f"version {version}" if version.isdecimal() else version
